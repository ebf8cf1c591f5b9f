"""Files of one part of the world, rendered in several processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import cv2
import pandas as pd
from tqdm import tqdm

from landmark_retrieval.world.drawing.photograph import Photograph, render_photograph
from landmark_retrieval.world.plan.lists import gldv1_files, gldv2_files, revisited_files
from landmark_retrieval.world.plan.plan import WorldPlan

_FILES: dict[str, Callable[[WorldPlan], dict[str, bytes]]] = {
    "gldv1": gldv1_files,
    "gldv2": gldv2_files,
    "revisited": revisited_files,
}
PARTS = tuple(_FILES)
_BATCH = 24  # photographs of landmarks seen once that make one task
_AHEAD = 8  # tasks per process in the queue; bounds what is rendered but not yet consumed

Task = list[tuple[str, Photograph]]


@dataclass(frozen=True)
class RenderedPart:
    """The files of a part of the world, as pairs of relative path and content; lists first, then photographs.

    The order and every byte are the same for any number of workers.
    """

    plan: WorldPlan
    part: str

    def __len__(self) -> int:
        """Number of files."""
        return len(_FILES[self.part](self.plan)) + int((self.plan.photographs["part"] == self.part).sum())

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Render the photographs while they are consumed."""
        yield from _FILES[self.part](self.plan).items()
        tasks = _tasks(self.plan.photographs[self.plan.photographs["part"] == self.part])
        total = sum(map(len, tasks))
        with tqdm(total=total, desc=f"world {self.part}", unit="photograph", disable=not total) as bar:
            for task, pictures in _rendered(self.plan, tasks):
                for (path, _), picture in zip(task, pictures, strict=True):
                    yield path, picture
                bar.update(len(task))


def render_part(plan: WorldPlan, part: str) -> RenderedPart:
    """The files of one part of the world: `gldv1`, `gldv2` or `revisited`.

    Raises:
        KeyError: there is no such part.
    """
    if part not in _FILES:
        raise KeyError(f"part {part!r} of the world: expected one of {', '.join(PARTS)}")
    return RenderedPart(plan, part)


def _tasks(photographs: pd.DataFrame) -> list[Task]:
    """Photographs of one landmark together, for its walls are painted once; the rest in batches."""
    tasks: list[Task] = []
    loose: Task = []
    for landmark, rows in photographs.groupby("landmark", sort=True):
        entries = [(str(row["path"]), Photograph.of_row(row)) for row in rows.to_dict("records")]
        if landmark == -1 or len(entries) == 1:
            loose += entries
        else:
            tasks.append(entries)
    return tasks + [loose[i : i + _BATCH] for i in range(0, len(loose), _BATCH)]


def _render(task: Task, seed: int, long_side: int) -> list[bytes]:
    cv2.setNumThreads(1)
    return [render_photograph(photograph, seed, long_side) for _, photograph in task]


def _rendered(plan: WorldPlan, tasks: list[Task]) -> Iterator[tuple[Task, list[bytes]]]:
    """Tasks with their pictures, in order."""
    settings = plan.settings
    workers = min(settings.workers or len(os.sched_getaffinity(0)), len(tasks))
    if workers <= 1:
        yield from ((task, _render(task, settings.seed, settings.long_side)) for task in tasks)
        return
    waiting: deque[tuple[Task, Future[list[bytes]]]] = deque()
    # spawned, not forked: the caller may hold threads (torch, OpenCV) that a fork would leave half alive
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for task in tasks:
            waiting.append((task, pool.submit(_render, task, settings.seed, settings.long_side)))
            if len(waiting) > _AHEAD * workers:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
