"""How well cleaning and overlap removal did where the truth is known (a generated world)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from landmark_retrieval.cleaning.manifest import checked_manifest
from landmark_retrieval.errors import DataError

ANY = "any"
NONE = "none"


def score_cleaning(manifest: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """What was left out, against what should have been.

    Args:
        manifest: `tables.Manifest` of the cleaned variant.
        truth: columns `image_id` and `fault`, empty for a good image; an image without a row is good as well,
            and rows of images that the manifest does not know are passed over.

    Returns:
        Columns `measure`, `fault`, `count`, `total`, `value` (`count / total`, NaN of nothing): precision and
        recall of leaving out, recall for each kind of fault, the share of good images kept (fault "none").

    Raises:
        DataError: the truth lacks a column or names an image twice.
    """
    table = checked_manifest(manifest)
    fault = table["image_id"].map(_fault_of(truth))
    out, faulty = ~table["kept"], fault.notna()
    by_fault = [
        ("recall", kind, (out & (fault == kind)).sum(), (fault == kind).sum()) for kind in _kinds(fault)
    ]
    return _scores(
        [
            ("precision", ANY, (out & faulty).sum(), out.sum()),
            ("recall", ANY, (out & faulty).sum(), faulty.sum()),
            *by_fault,
            ("kept", NONE, (~out & ~faulty).sum(), (~faulty).sum()),
        ]
    )


def score_overlap(proposals: pd.DataFrame, true_landmark_ids: Iterable[int]) -> pd.DataFrame:
    """Precision and recall of proposed landmarks, in the columns of `score_cleaning`."""
    proposed, true = set(proposals["landmark_id"]), set(true_landmark_ids)
    hits = len(proposed & true)
    return _scores([("precision", ANY, hits, len(proposed)), ("recall", ANY, hits, len(true))])


def _fault_of(truth: pd.DataFrame) -> pd.Series:
    missing = {"image_id", "fault"} - set(truth.columns)
    if missing:
        raise DataError(f"truth: no column {sorted(missing)[0]!r} among {list(truth.columns)}")
    repeated = truth.loc[truth["image_id"].duplicated(), "image_id"]
    if len(repeated):
        raise DataError(f"truth: image {repeated.iloc[0]!r} stands twice")
    return truth[truth["fault"] != ""].set_index("image_id")["fault"]


def _kinds(fault: pd.Series) -> list[str]:
    return sorted(fault.dropna().unique())


def _scores(rows: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["measure", "fault", "count", "total"])
    counts = table.astype({"count": "int64", "total": "int64", "measure": "str", "fault": "str"})
    return counts.assign(value=counts["count"] / counts["total"].astype("float64"))
