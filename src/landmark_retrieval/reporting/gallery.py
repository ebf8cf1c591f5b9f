"""Retrieved photographs of a query under every ablation (as Figure 1 of the two-stage paper)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.embeddings import index_of
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.metrics.protocol import Mark
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reporting.thumbnails import thumbnail
from landmark_retrieval.reporting.tiles import Tile
from landmark_retrieval.search.identity import Ids, check_ids
from landmark_retrieval.tables.sources import BOX


class GallerySettings(Settings):
    """How much is shown."""

    queries: int = Field(ge=0, description="queries per gallery")
    depth: int = Field(gt=0, description="results per query and ablation")
    thumbnail_height: int = Field(gt=0, description="pixels")


@dataclass(frozen=True)
class BenchmarkPictures:
    """Pictures of a benchmark: their files, `tables.QueryImages` and `tables.IndexImages`."""

    files: FileTree
    queries: pd.DataFrame
    index: pd.DataFrame


@dataclass(frozen=True)
class Results:
    """Rankings of one benchmark by ablation, the baseline first, with their ids and the AP of each query."""

    query_ids: Ids
    index_ids: Ids
    rankings: Mapping[str, Ranking]
    ap: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """The first results of one ablation."""

    ablation: str
    ap: float
    change: float
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Panel:
    """A query, what was predicted for it, and the ablations below each other."""

    query: Tile
    predicted: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Gallery:
    """Panels under one title."""

    title: str
    note: str
    panels: tuple[Panel, ...]


def choose_queries(
    per_query: pd.DataFrame, baseline: pd.DataFrame, n: int, key: str = "image_id"
) -> list[str]:
    """Up to `n` queries whose AP an ablation changed: the worst losses first, then the best gains.

    Half of the places belong to losses; what one side leaves free the other takes. Ties end by query id. Both
    tables have `ap` and the query's id in the column `key`, one row per query.
    """
    change = (per_query.set_index(key)["ap"] - baseline.set_index(key)["ap"]).dropna().sort_index()
    losses = change[change < 0].sort_values(kind="stable").index.astype(str).tolist()
    gains = change[change > 0].sort_values(kind="stable", ascending=False).index.astype(str).tolist()
    n_losses = min(len(losses), max((n + 1) // 2, n - len(gains)))
    return losses[:n_losses] + gains[: n - n_losses]


def build_panels(
    queries: Sequence[str],
    results: Results,
    judged: Mapping[str, Mapping[str, Mark]],
    photographs: BenchmarkPictures,
    predictions: pd.DataFrame,
    names: Mapping[int, str],
    settings: GallerySettings,
) -> tuple[Panel, ...]:
    """One panel per query, in the order of `queries`.

    Of each query, `judged` holds the images that are correct or ignored; all others are wrong. Queries may be
    missing in `predictions` (`tables.Predictions`), landmarks in `names`.

    Raises:
        DataError: a ranking is not of these images.
    """
    for ranking in results.rankings.values():
        check_ids(ranking, results.query_ids, results.index_ids)
    wanted = predictions[predictions["image_id"].isin(list(queries))]
    labels = zip(wanted["landmark_id"].astype(int), wanted["score"].astype(float), strict=True)
    predicted = dict(zip(wanted["image_id"], labels, strict=True))
    show_query = _thumbnailer(photographs.files, photographs.queries, settings.thumbnail_height)
    show_index = _thumbnailer(photographs.files, photographs.index, settings.thumbnail_height)
    return tuple(
        Panel(
            Tile(query, "query", show_query(query), ("query",)),
            _predicted(predicted.get(query), names),
            _rows(query, int(row), results, judged.get(query, {}), show_index, settings.depth),
        )
        for query, row in zip(queries, index_of(results.query_ids, queries), strict=True)
    )


def _predicted(prediction: tuple[int, float] | None, names: Mapping[int, str]) -> str:
    if prediction is None or prediction[0] == UNKNOWN:
        return "no landmark predicted"
    landmark, score = prediction
    name = f" {names[landmark]}" if landmark in names else ""
    return f"predicted landmark {landmark}{name}, score {score:.2f}"


def _rows(
    query: str, row: int, results: Results, judged: Mapping[str, Mark], show: Callable[[str], str], depth: int
) -> tuple[Row, ...]:
    baseline = next(iter(results.rankings))
    before = _list_of(results.rankings[baseline], row)
    first_ap = results.ap[baseline].get(query, np.nan)
    rows = []
    for ablation, ranking in results.rankings.items():
        ap = results.ap[ablation].get(query, np.nan)
        found = _list_of(ranking, row)[:depth]
        images = [str(results.index_ids[position]) for position in found]
        captions = _captions(found, before)
        tiles = tuple(
            Tile(image, judged.get(image, "wrong"), show(image), (caption,))
            for image, caption in zip(images, captions, strict=True)
        )
        rows.append(Row(ablation, ap, ap - first_ap, tiles))
    return tuple(rows)


def _list_of(ranking: Ranking, row: int) -> NDArray[np.int64]:
    """The positions of one query without padding; empty for a query that was not ranked (`row` -1)."""
    positions = ranking.positions[row] if row >= 0 else np.empty(0, dtype=np.int64)
    return positions[positions != PADDING]


def _captions(found: NDArray[np.int64], before: NDArray[np.int64]) -> list[str]:
    """Rank in the list, and in the baseline's list if that differs."""
    rank_before = {position: i + 1 for i, position in enumerate(before.tolist())}
    captions = []
    for rank, position in enumerate(found.tolist(), start=1):
        was = rank_before.get(position)
        captions.append(str(rank) if was == rank else f"{rank} ← {was}" if was else f"{rank} new")
    return captions


def _thumbnailer(files: FileTree, images: pd.DataFrame, height: int) -> Callable[[str], str]:
    path = dict(zip(images["image_id"], images["path"], strict=True))
    sides = images.reindex(columns=BOX).itertuples(index=False, name=None)  # NaN for images without boxes
    boxes = dict(zip(images["image_id"], sides, strict=True))

    @cache
    def show(image_id: str) -> str:
        return thumbnail(files, path[image_id], height, boxes[image_id]) if image_id in path else ""

    return show
