"""Candidate landmarks of an overlap with their photographs and match drawings, for review."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.match_drawing import draw_matches, read_matched
from landmark_retrieval.reporting.thumbnails import Box, encode, thumbnail
from landmark_retrieval.tables import OverlapCandidates, column_types
from landmark_retrieval.tables.sources import BOX
from landmark_retrieval.verification.evidence import Evidence

logger = logging.getLogger(__name__)

_BEST_FIRST: Final = {"score": False, "name_similarity": False, "landmark_id": True}
_BEST_PAIRS_FIRST: Final = {
    "inliers": False,
    "similarity": False,
    "benchmark": True,
    "query_id": True,
    "image_id": True,
}


_EVIDENCE = ".overlap_evidence"


class ReviewSettings(Settings):
    """How much of each candidate is shown, and how large the page becomes."""

    candidates: int = Field(gt=0, description="landmarks on the page at most, best evidence first")
    queries: int = Field(ge=0, description="photographs of the evaluation set per landmark")
    photographs: int = Field(ge=0, description="training photographs per landmark")
    drawings: int = Field(ge=0, description="match drawings per landmark, most inliers first")
    lines: int = Field(ge=0, description="inliers joined by a line in a drawing; all of them are dots")
    thumbnail_height: int = Field(gt=0, description="pixels")
    drawing_height: int = Field(gt=0, description="pixels")
    quality: int = Field(ge=1, le=100, description="of the JPEGs; 100 is the best and the largest")


@dataclass(frozen=True, eq=False)
class EvaluationSet:
    """Evidence from a benchmark's queries (`tables.QueryImages`) to training images, and the queries' files.

    Keypoints are in pixels of whole photographs, shrunk as the extractor does.
    """

    evidence: Evidence
    images: pd.DataFrame
    files: FileTree


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Columns `image_id`, `path` and `landmark_id` of the training images, and below what the paths lie."""

    images: pd.DataFrame
    files: FileTree


@dataclass(frozen=True)
class ReviewTile:
    """A picture with its caption; `address` is empty if the picture could not be read."""

    image_id: str
    address: str
    caption: str


@dataclass(frozen=True)
class ReviewRow:
    """A candidate: what is known (the columns of the candidates' table) and what there is to look at."""

    landmark_id: int
    name: str
    benchmarks: str
    queries: int
    images: int
    verified_pairs: int
    best_inliers: int
    best_similarity: float
    score: float
    evaluation_name: str
    name_similarity: float
    proposed: bool
    reason: str
    query_tiles: tuple[ReviewTile, ...]
    photographs: tuple[ReviewTile, ...]
    drawings: tuple[ReviewTile, ...]


def build_rows(
    candidates: pd.DataFrame,
    pairs: pd.DataFrame,
    evaluation: Mapping[str, EvaluationSet],
    train: TrainingSet,
    max_side: int,
    settings: ReviewSettings,
) -> tuple[ReviewRow, ...]:
    """The candidates (`tables.OverlapCandidates`) with the best evidence, and the pictures to judge them by.

    Args:
        candidates: landmarks.
        pairs: `tables.OverlapPairs`; a landmark may have none (where it is proposed by its name or a list).
        evaluation: by benchmark.
        train: the images of the landmarks.
        max_side: pixels, of the extractor that found the local features.
        settings: how much is shown.

    Raises:
        DataError: a pair names an unknown benchmark or image, or has no evidence.
    """
    started = time.perf_counter()
    shown = _sorted(candidates, _BEST_FIRST).head(settings.candidates)
    own = train.images[train.images["landmark_id"].isin(shown["landmark_id"])].sort_values("image_id")
    wanted = _sorted(pairs[pairs["landmark_id"].isin(shown["landmark_id"])], _BEST_PAIRS_FIRST)
    wanted = wanted.assign(row=_evidence_rows(wanted, evaluation))
    pictures = _Pictures(_queries(wanted, evaluation), _paths(wanted, own), train.files, max_side, settings)
    pairs_of = dict(list(wanted.groupby("landmark_id")))
    ids_of = {landmark: ids.tolist() for landmark, ids in own.groupby("landmark_id")["image_id"]}
    records = cast("list[dict[str, Any]]", shown[list(column_types(OverlapCandidates))].to_dict("records"))
    rows = []
    for known in tqdm(records, "review sheet", unit="landmark"):
        landmark = known["landmark_id"]
        tiles: Mapping[str, Any] = pictures.of(pairs_of.get(landmark, wanted[:0]), ids_of.get(landmark, []))
        rows.append(ReviewRow(**known, **tiles))
    seconds = time.perf_counter() - started
    logger.info("review sheet: %d landmarks in %.1f s (%.1f/s)", len(rows), seconds, len(rows) / seconds)
    return tuple(rows)


def review_rows(
    candidates: pd.DataFrame,
    train: TrainingSet,
    found: Mapping[str, Any],
    max_side: int,
    settings: ReviewSettings,
) -> tuple[ReviewRow, ...]:
    """`build_rows` from `<benchmark>.overlap_evidence`, `overlap_pairs`, `query_images` and `raw`."""
    benchmarks = [name.removesuffix(_EVIDENCE) for name in found if name.endswith(_EVIDENCE)]
    evaluation = {
        b: EvaluationSet(found[b + _EVIDENCE], found[f"{b}.query_images"], found[f"{b}.raw"])
        for b in benchmarks
    }
    pairs = pd.concat([found[f"{b}.overlap_pairs"] for b in benchmarks], ignore_index=True)
    return build_rows(candidates, pairs, evaluation, train, max_side, settings)


@dataclass(frozen=True, eq=False)
class _Query:
    """Where a photograph of the evaluation set lies; `box` is NaN where all of it is the query."""

    files: FileTree
    path: str
    box: Box
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class _Pictures:
    """Makes the tiles of a candidate from its pairs, best first."""

    queries: Mapping[tuple[str, str], _Query]
    paths: Mapping[str, str]
    files: FileTree
    max_side: int
    settings: ReviewSettings

    def of(self, pairs: pd.DataFrame, image_ids: Sequence[str]) -> dict[str, tuple[ReviewTile, ...]]:
        """All tiles of one candidate, whose landmark has these images."""
        drawn = pairs[pairs["inliers"] > 0].head(self.settings.drawings)
        telling = pairs[pairs["verified"]] if pairs["verified"].any() else pairs
        shown = telling.drop_duplicates(["benchmark", "query_id"]).head(self.settings.queries)
        best = pairs.drop_duplicates("image_id")
        captions = dict(zip(best["image_id"], map(_inliers, best["inliers"]), strict=True))
        captions.update({image: "not compared" for image in image_ids if image not in captions})
        return {
            "query_tiles": tuple(self._query(row) for row in shown.itertuples()),
            "photographs": tuple(
                ReviewTile(image, self._thumbnail(self.files, self.paths[image], None), caption)
                for image, caption in list(captions.items())[: self.settings.photographs]
            ),
            "drawings": tuple(self._drawing(row) for row in drawn.itertuples()),
        }

    def _query(self, pair: Any) -> ReviewTile:
        query = self.queries[pair.benchmark, pair.query_id]
        address = self._thumbnail(query.files, query.path, query.box)
        return ReviewTile(pair.query_id, address, f"{pair.benchmark}, {_inliers(pair.inliers)}")

    def _drawing(self, pair: Any) -> ReviewTile:
        query = self.queries[pair.benchmark, pair.query_id]
        caption = (
            f"similarity {pair.similarity:.2f}, rank {pair.rank + 1}, "
            f"{_inliers(pair.inliers)} of {pair.matches} matches"
        ).replace("-", "−")
        left = read_matched(query.files, query.path, self.max_side, query.box)
        right = read_matched(self.files, self.paths[pair.image_id], self.max_side)
        address = ""
        if left is not None and right is not None:
            points = query.evidence.points(pair.row)
            drawn = draw_matches(left, right, points, self.settings.drawing_height, self.settings.lines)
            address = encode(drawn, self.settings.quality)
        return ReviewTile(f"{pair.query_id} – {pair.image_id}", address, caption)

    def _thumbnail(self, files: FileTree, path: str, box: Box | None) -> str:
        return thumbnail(files, path, self.settings.thumbnail_height, box, self.settings.quality)


def _sorted(table: pd.DataFrame, ascending: Mapping[str, bool]) -> pd.DataFrame:
    return table.sort_values(list(ascending), ascending=list(ascending.values()), ignore_index=True)


def _inliers(count: int) -> str:
    return f"{count} inlier" if count == 1 else f"{count} inliers"


def _evidence_rows(pairs: pd.DataFrame, evaluation: Mapping[str, EvaluationSet]) -> NDArray[np.int64]:
    """Row of each pair in the evidence of its benchmark."""
    rows = np.full(len(pairs), -1, np.int64)
    for benchmark, group in pairs.groupby("benchmark"):
        if benchmark not in evaluation:
            raise DataError(f"pairs: expected benchmarks {sorted(evaluation)}, found {benchmark!r}")
        evidence = evaluation[str(benchmark)].evidence
        rows[group.index] = evidence.rows_of(group["query_id"], group["image_id"])
    if len(lacking := pairs[rows < 0]):
        benchmark, query, image = lacking.iloc[0][["benchmark", "query_id", "image_id"]]
        raise DataError(f"evidence of {benchmark}: none for the pair {query!r}, {image!r}")
    return rows


def _queries(pairs: pd.DataFrame, evaluation: Mapping[str, EvaluationSet]) -> dict[tuple[str, str], _Query]:
    found: dict[tuple[str, str], _Query] = {}
    for benchmark, group in pairs.groupby("benchmark"):
        name, side = str(benchmark), evaluation[str(benchmark)]
        images = side.images[side.images["image_id"].isin(group["query_id"])]
        lacking = set(group["query_id"]) - set(images["image_id"])
        if lacking:
            raise DataError(f"query images of {name}: expected {min(lacking)!r}, not found")
        boxes = images.reindex(columns=BOX).to_numpy(np.float64).tolist()
        for query, path, (x1, y1, x2, y2) in zip(images["image_id"], images["path"], boxes, strict=True):
            found[name, query] = _Query(side.files, path, (x1, y1, x2, y2), side.evidence)
    return found


def _paths(pairs: pd.DataFrame, images: pd.DataFrame) -> dict[str, str]:
    """Path of each training image of the landmarks shown."""
    lacking = set(pairs["image_id"]) - set(images["image_id"])
    if lacking:
        raise DataError(f"training images: expected {min(lacking)!r} of a pair, not found with its landmark")
    return dict(zip(images["image_id"], images["path"], strict=True))
