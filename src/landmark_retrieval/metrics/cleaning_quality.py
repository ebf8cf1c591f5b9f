"""How well cleaning and overlap removal did where the truth is known (a generated world)."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest

ANY = "any"
NONE = "none"
CONFIDENCE = 0.95


def score_cleaning(manifest: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """What was left out, against what should have been.

    Args:
        manifest: `tables.Manifest` of the cleaned variant.
        truth: columns `image_id` and `fault`, empty for a good image; an image without a row is good as well,
            and rows of images that the manifest does not know are passed over.

    Returns:
        Columns `measure`, `fault`, `count`, `total`, `value` (`count / total`, NaN of nothing), `low` and
        `high` (`wilson_interval` of 95 %). Precision and recall of leaving out; for each kind of fault the
        share of what is left out that has it (these add up to the precision) and the recall; and the share of
        good images kept (fault "none").

    Raises:
        DataError: the truth lacks a column or names an image twice.
    """
    table = checked_manifest(manifest)
    fault = table["image_id"].map(_fault_of(truth))
    out, faulty = ~table["kept"], fault.notna()
    of_kind = {ANY: faulty} | {kind: fault == kind for kind in _kinds(fault)}
    return _scores(
        [
            *(("precision", kind, (out & has).sum(), out.sum()) for kind, has in of_kind.items()),
            *(("recall", kind, (out & has).sum(), has.sum()) for kind, has in of_kind.items()),
            ("kept", NONE, (~out & ~faulty).sum(), (~faulty).sum()),
        ]
    )


def score_overlap(decisions: pd.DataFrame, true_landmark_ids: Iterable[int]) -> pd.DataFrame:
    """Precision and recall of removed landmarks, in the columns of `score_cleaning`.

    Args:
        decisions: columns `landmark_id` and `removed` (bool).
        true_landmark_ids: landmarks that the evaluation set shows, too.
    """
    removed, true = set(decisions.loc[decisions["removed"], "landmark_id"]), set(true_landmark_ids)
    hits = len(removed & true)
    return _scores([("precision", ANY, hits, len(removed)), ("recall", ANY, hits, len(true))])


def wilson_interval(
    counts: NDArray[np.int64], totals: NDArray[np.int64], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval of shares, `(n,)` float64 lower and upper bounds; NaN of nothing.

    Unlike the normal approximation it is right for few images and near 0 and 1 (Wilson 1927).

    Args:
        counts: `(n,)` int64.
        totals: `(n,)` int64.
        confidence: of the interval, such as 0.95.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = np.where(totals > 0, totals, np.nan)
    share = counts / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At 0 and 1 the bound is the share itself but for rounding.
    low, high = (
        np.where(counts == 0, 0 * n, centre - half),
        np.where(counts == totals, 0 * n + 1, centre + half),
    )
    return low, high


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
    low, high = wilson_interval(counts["count"].to_numpy(), counts["total"].to_numpy(), CONFIDENCE)
    return counts.assign(value=counts["count"] / counts["total"].astype("float64"), low=low, high=high)
