"""Revisited Oxford and Paris, and their originals: ground truth in one pickle, pictures in one folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.image_rows import with_boxes
from landmark_retrieval.formats.files.restricted_pickle import read_pickle
from landmark_retrieval.formats.query_names import read_query_names
from landmark_retrieval.formats.reading import ReadingSettings, Tables, inspected
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.tables.sources import BOX

_REVISITED = {"easy": "easy", "hard": "hard", "junk": "junk"}
_ORIGINAL = {"ok": "easy", "junk": "junk"}
_ROUNDING = 1.0
"""Pixels by which a box may pass the edge: the benchmarks' coordinates are partly rounded, partly 1-based."""


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """All tables of the one benchmark in a folder."""
    index, queries, relevance = read_revisited(files, find_release(files))
    tables = inspected(files, {"index_images": index, "query_images": queries}, settings)
    check_boxes(tables["query_images"])
    return {**tables, "relevance": relevance, "query_names": read_query_names(files, queries)}


def find_release(files: FileTree) -> str:
    """The name of the one benchmark in a folder, from `gnd_<name>.pkl`.

    Raises:
        DataError: there is none, or more than one.
    """
    found = sorted(path.stem.removeprefix("gnd_") for path in files.root.glob("gnd_*.pkl"))
    if len(found) != 1:
        raise DataError(f"{files.root}: expected one gnd_<name>.pkl, found {found or 'none'}")
    return found[0]


def read_revisited(
    files: FileTree, name: str, folder: str = "jpg"
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The benchmark in `gnd_<name>.pkl`, for example `roxford5k`.

    In the original protocol (`oxford5k`, `paris6k`) the good and ok images become grade easy, so that the
    protocol "Easy" is the original one; its queries are in the index as well.

    Returns:
        Index images (`image_id`, `path`), queries (also the box `x1, y1, x2, y2` in pixels), and a table of
        `tables.RevisitedRelevance`. An `image_id` is the name of the picture, its path `<folder>/<name>.jpg`.

    Raises:
        DataError: as `read_pickle`; a key missing; a name that repeats or leads elsewhere; a row out of the
            index; an image with two grades; a box that is not four numbers around an area.
    """
    path = f"gnd_{name}.pkl"
    content = read_pickle(files, path)
    try:
        return _tables(content, folder)
    except (TypeError, ValueError) as error:  # arrays of uneven rows, entries that are no lists
        raise DataError(f"{files.root / path}: {error}") from error


def check_boxes(queries: pd.DataFrame) -> None:
    """Check the boxes of inspected queries against their pictures; one pixel beyond the edge is tolerated.

    Raises:
        DataError: a box leaves its picture.
    """
    beyond = (queries["x2"] > queries["width"] + _ROUNDING) | (queries["y2"] > queries["height"] + _ROUNDING)
    for query in queries[beyond].itertuples():
        box = [getattr(query, side) for side in BOX]
        raise DataError(
            f"query {query.image_id!r}: expected a box within {query.width} x {query.height}, found {box}"
        )


def _tables(content: Any, folder: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    index_names, query_names = _names(content, "imlist"), _names(content, "qimlist")
    judged = _entry(content, "gnd")
    if len(judged) != (n := len(query_names)):
        raise DataError(f"gnd: expected one entry for each of {n} queries, found {len(judged)}")
    boxes = np.array([_box(entry, query) for entry, query in zip(judged, query_names, strict=True)])
    relevance = [_grades(entry, q, index_names) for entry, q in zip(judged, query_names, strict=True)]
    queries = with_boxes(_images(query_names, folder), boxes.reshape(-1, 4))
    return _images(index_names, folder), queries, pd.concat(relevance, ignore_index=True)


def _entry(content: Any, key: str) -> Any:
    if not isinstance(content, dict) or key not in content:
        found = sorted(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise DataError(f"expected a dictionary with the key {key!r}, found {found}")
    return content[key]


def _names(content: Any, key: str) -> list[str]:
    entries = np.asarray(_entry(content, key)).ravel().tolist()
    names = [name.decode("latin1") if isinstance(name, bytes) else str(name) for name in entries]
    seen: set[str] = set()
    for row, name in enumerate(names):
        if not name or name in seen or name.split() != [name] or {"/", "\\"} & set(name):
            raise DataError(f"{key}[{row}]: expected a new name without spaces and slashes, found {name!r}")
        seen.add(name)
    if not names:
        raise DataError(f"{key}: expected names, found none")
    return names


def _images(names: list[str], folder: str) -> pd.DataFrame:
    paths = [f"{folder}/{name}.jpg" for name in names]
    return pd.DataFrame({"image_id": names, "path": paths}, dtype="str")


def _box(entry: Any, query: str) -> NDArray[np.float64]:
    try:
        box = np.asarray(_entry(entry, "bbx"), dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise DataError(f"query {query!r}, bbx: expected four numbers ({error})") from error
    is_area = (
        box.shape == (4,) and np.isfinite(box).all() and (box[:2] >= 0).all() and (box[:2] < box[2:]).all()
    )
    if not is_area:
        raise DataError(f"query {query!r}, bbx: expected 0 <= x1 < x2 and 0 <= y1 < y2, found {box.tolist()}")
    return box


def _grades(entry: Any, query: str, index_names: list[str]) -> pd.DataFrame:
    grade_of = _ORIGINAL if "ok" in entry else _REVISITED
    rows: dict[int, str] = {}
    for key, grade in grade_of.items():
        for row in _rows(entry, key, query):
            if not 0 <= row < len(index_names):
                where = f"query {query!r}, {key}"
                raise DataError(f"{where}: expected rows of {len(index_names)} images, found {row}")
            if row in rows:
                raise DataError(f"query {query!r}, {key}: {index_names[row]!r} is judged {rows[row]} already")
            rows[row] = grade
    image_ids = [index_names[row] for row in rows]
    return pd.DataFrame({"query_id": query, "image_id": image_ids, "grade": list(rows.values())}, dtype="str")


def _rows(entry: Any, key: str, query: str) -> list[int]:
    rows = np.asarray(_entry(entry, key)).ravel()
    if rows.size and not np.issubdtype(rows.dtype, np.integer):
        raise DataError(f"query {query!r}, {key}: expected whole numbers, found {rows[:5].tolist()}")
    return [int(row) for row in rows]
