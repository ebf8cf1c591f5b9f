"""Precision and recall of cleaning and of overlap removal where the truth is known (a generated world)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest

ANY = "any"
NONE = "none"
CONFIDENCE = 0.95


def score_cleaning(manifest: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Images removed, against those that should have been.

    Args:
        manifest: `tables.Manifest` of the cleaned variant.
        truth: columns `image_id` and `fault`, empty for a good image; an image without a row is good as well,
            and rows of images that the manifest does not know are skipped.

    Returns:
        Columns `measure`, `fault`, `count`, `total`, `value` (`count / total`, NaN of nothing), `low` and
        `high` (Wilson's interval of 95 %). Precision and recall of removal; for each kind of fault its share
        of the removed images (these add up to the precision) and the recall; and the share of good images
        kept (fault "none").

    Raises:
        DataError: the truth lacks a column or names an image twice.
    """
    table = checked_manifest(manifest)
    fault = table["image_id"].map(_fault_of(truth))
    out, faulty = ~table["kept"], fault.notna()
    of_kind = {ANY: faulty} | {kind: fault == kind for kind in sorted(fault.dropna().unique())}
    return _scores(
        [
            *(("precision", kind, (out & has).sum(), out.sum()) for kind, has in of_kind.items()),
            *(("recall", kind, (out & has).sum(), has.sum()) for kind, has in of_kind.items()),
            ("kept", NONE, (~out & ~faulty).sum(), (~faulty).sum()),
        ]
    )


def score_overlap(decisions: pd.DataFrame, true_landmark_ids: Iterable[int]) -> pd.DataFrame:
    """Precision and recall of removed landmarks, in the columns of `score_cleaning`.

    `decisions` has columns `landmark_id` and `removed`; the evaluation set shows `true_landmark_ids`, too.
    """
    removed, true = set(decisions.loc[decisions["removed"], "landmark_id"]), set(true_landmark_ids)
    hits = len(removed & true)
    return _scores([("precision", ANY, hits, len(removed)), ("recall", ANY, hits, len(true))])


def _fault_of(truth: pd.DataFrame) -> pd.Series:
    missing = {"image_id", "fault"} - set(truth.columns)
    if missing:
        raise DataError(f"truth: no column {sorted(missing)[0]!r} among {list(truth.columns)}")
    repeated = truth.loc[truth["image_id"].duplicated(), "image_id"]
    if len(repeated):
        raise DataError(f"truth: image {repeated.iloc[0]!r} occurs twice")
    return truth[truth["fault"] != ""].set_index("image_id")["fault"]


def _scores(rows: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["measure", "fault", "count", "total"])
    counts = table.astype({"count": "int64", "total": "int64", "measure": "str", "fault": "str"})
    low, high = zip(*(_interval(int(count), int(total)) for *_, count, total in rows), strict=True)
    return counts.assign(value=counts["count"] / counts["total"].astype("float64"), low=low, high=high)


def _interval(count: int, total: int) -> tuple[float, float]:
    """Wilson's score interval: unlike the normal approximation it holds for few images and near 0 and 1."""
    from scipy.stats import binomtest

    if total == 0:
        return np.nan, np.nan
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
