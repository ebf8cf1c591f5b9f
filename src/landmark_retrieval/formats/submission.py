"""Kaggle submissions of the two Google Landmarks challenges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.csv_rows import CsvRows, read_csv
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.ranking import PADDING, Ranking

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from landmark_retrieval.images.file_tree import FileTree

DEPTH = 100
_FINITE = r"[-+]?(\d{1,30}\.?\d*|\.\d+)([eE][-+]?\d{1,2})?"


def retrieval_submission(
    ranking: Ranking, query_ids: Sequence[str], index_ids: Sequence[str]
) -> pd.DataFrame:
    """The lists of a ranking as `id`, `images`: at most 100 index ids each, separated by spaces.

    Raises:
        DataError: an id that a list separated by spaces cannot hold.
    """
    _refuse_spaces(query_ids)
    _refuse_spaces(index_ids)
    positions = ranking.positions[:, :DEPTH]
    lists = [" ".join(index_ids[position] for position in row[row != PADDING]) for row in positions]
    return pd.DataFrame({"id": list(query_ids), "images": lists}, dtype="str")


def recognition_submission(prediction: LabelPrediction, image_ids: Sequence[str]) -> pd.DataFrame:
    """Predictions as `id`, `landmarks`: `"label confidence"`, empty where nothing was predicted.

    Raises:
        DataError: an id with a space.
    """
    _refuse_spaces(image_ids)
    fields = [
        "" if landmark == UNKNOWN else f"{landmark} {score:.9g}"
        for landmark, score in zip(prediction.landmark_ids, prediction.scores, strict=True)
    ]
    return pd.DataFrame({"id": list(image_ids), "landmarks": fields}, dtype="str")


def read_retrieval_submission(files: FileTree, path: str, query_ids: Collection[str]) -> pd.DataFrame:
    """A submission as `image_id` and `images`, lists of index ids, best first; queries left empty are absent.

    Raises:
        DataError: as `read_csv`; a query twice or not among `query_ids`; more than 100 images.
    """
    rows = _read_rows(files, path, "images", query_ids)
    lists = [text.split() for text in rows.text("images").to_pylist()]
    for row, images in enumerate(lists):
        if len(images) > DEPTH:
            raise rows.error(row, f"at most {DEPTH} images", f"{len(images)} images")
    submission = pd.DataFrame({"image_id": rows.text("id").to_pandas()})
    submission["images"] = pd.Series(lists, dtype=object)
    return _filled(submission, [len(images) > 0 for images in lists])


def read_recognition_submission(files: FileTree, path: str, query_ids: Collection[str]) -> pd.DataFrame:
    """A submission as a table of `tables.Predictions`; images left empty are absent.

    Raises:
        DataError: as `read_csv`; an image twice or not among `query_ids`; a prediction that is not a whole
            number and a finite confidence.
    """
    rows = _read_rows(files, path, "landmarks", query_ids)
    rows.matching("landmarks", rf"^(\d{{1,18}}\s+{_FINITE})?$", "a landmark and a confidence, or nothing")
    fields = [text.split() for text in rows.text("landmarks").to_pylist()]
    given = [len(pair) > 0 for pair in fields]
    predicted = [pair for pair in fields if pair]
    submission = _filled(pd.DataFrame({"image_id": rows.text("id").to_pandas()}), given)
    return submission.assign(
        landmark_id=np.array([int(label) for label, _ in predicted], dtype=np.int64),
        score=np.array([float(score) for _, score in predicted], dtype=np.float64),
    )


def _read_rows(files: FileTree, path: str, column: str, query_ids: Collection[str]) -> CsvRows:
    rows = read_csv(files, path, "id", column)
    known = frozenset(query_ids)
    for row, image_id in enumerate(rows.unique("id", r"^\S+$", "without spaces").to_pylist()):
        if image_id not in known:
            raise rows.error(row, "the id of a query", image_id)
    return rows


def _filled(submission: pd.DataFrame, given: list[bool]) -> pd.DataFrame:
    return submission[np.array(given)].reset_index(drop=True)


def _refuse_spaces(ids: Sequence[str]) -> None:
    for image_id in ids:
        if image_id.split() != [image_id]:
            raise DataError(f"expected ids without spaces, found {image_id!r}")
