"""Evaluation protocols, printed beside every number.

"mAP" is at least five numbers: one positive at the second place gives 0.50 by the finite sum of GLD-v2 and
0.25 by the trapezoid of the revisited protocol. Numbers of different protocols are not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["fraction", "rank"]

Mark = Literal["correct", "ignored"]
"""What a ground truth says of an image that it names for a query; all other images are wrong."""


@dataclass(frozen=True)
class Measure:
    """One figure of a protocol: its name, the column of the per-query table it is made of, and its unit."""

    name: str
    column: str
    unit: Unit = "fraction"

    @property
    def limits(self) -> tuple[float, float]:
        """The smallest and the greatest value there can be."""
        return (0.0, 1.0) if self.unit == "fraction" else (1.0, float("inf"))

    @property
    def change_limits(self) -> tuple[float, float]:
        """The smallest and the greatest difference of two values."""
        low, high = self.limits
        return low - high, high - low


@dataclass(frozen=True)
class Protocol:
    """Everything that must agree before two numbers may be compared.

    Attributes:
        name: what the field calls it.
        release: the data set and its ground truth; also the name of the benchmark in tables.
        ap: how precision and average precision are computed.
        junk: what happens to images that are neither right nor wrong.
        depth: how much of a ranking counts; `None` for all of it.
        crop: what of the query photograph is searched with.
        key: column of the per-query table that names the query; beside it, `cluster` says which queries show
            the same landmark.
        split: column of the per-query table that parts the queries.
        splits: values of that column which are figures of this protocol, the leading one first.
        measures: the figures, the leading one first.
    """

    name: str
    release: str
    ap: str
    junk: str
    depth: int | None
    crop: str
    key: str
    split: str
    splits: tuple[str, ...]
    measures: tuple[Measure, ...]

    def __str__(self) -> str:
        depth = "the whole ranking" if self.depth is None else f"the first {self.depth}"
        rules = f"{self.ap}; junk: {self.junk}; depth: {depth}; query: {self.crop}"
        return f"{self.name} on {self.release} ({rules})"

    def rows_of(self, per_query: pd.DataFrame) -> pd.DataFrame:
        """The rows of a per-query table that belong to a figure of this protocol."""
        return per_query[per_query[self.split].isin(self.splits)]

    def values(self, per_query: pd.DataFrame, split: str, measure: Measure) -> pd.Series:
        """One figure of each query of a split, by query id in ascending order, float64."""
        of_split = per_query[per_query[self.split] == split]
        return of_split.set_index(self.key)[measure.column].astype("float64").sort_index()

    def clusters(self, per_query: pd.DataFrame, split: str) -> pd.Series:
        """The cluster of each query of a split, by query id in ascending order.

        Raises:
            DataError: the table has no clusters.
        """
        if "cluster" not in per_query:
            raise DataError(f"{self.name}: per-query figures without the column 'cluster': evaluate again")
        of_split = per_query[per_query[self.split] == split]
        return of_split.set_index(self.key)["cluster"].sort_index()

    def on(self, release: str, crop: str | None = None, depth: int | None = None) -> Protocol:
        """The same rules on another release, with the query cropped otherwise, or on shorter lists."""
        return replace(self, release=release, crop=crop or self.crop, depth=depth or self.depth)


GLDV2_RETRIEVAL = Protocol(
    name="GLD-v2 retrieval",
    release="GLD-v2.1",
    ap="AP = sum of the precision at correct images / min(relevant, depth); P@10 divides by 10; "
    "MeanPos = depth + 1 if nothing is correct; a query that was not answered scores AP 0",
    junk="none",
    depth=100,
    crop="whole image",
    key="image_id",
    split="usage",
    splits=("Private", "Public"),
    measures=(Measure("mAP@100", "ap"), Measure("P@10", "p10"), Measure("MeanPos", "first_correct", "rank")),
)

GAP = Protocol(
    name="GLD-v2 recognition",
    release="GLD-v2.1",
    ap="one prediction per image, all in order of score; GAP = sum of the precision at correct ones / "
    "images with a landmark; top-1 over images with a landmark",
    junk="images without a landmark count as wrong, except in the figure that ignores them",
    depth=None,
    crop="whole image",
    key="image_id",
    split="usage",
    splits=("Private", "Public"),
    measures=tuple(Measure(name, "correct") for name in ("GAP", "GAP, landmarks only", "top-1")),
)


def _revisited(difficulty: str, junk: str) -> Protocol:
    return Protocol(
        name=f"Revisited {difficulty}",
        release="ROxford5k / RParis6k",
        ap="AP = trapezoid under the precision-recall curve; mP@k divides by min(k, rank of the last "
        "positive); queries without a positive are left out",
        junk=junk,
        depth=None,
        crop="cropped to the query's box",
        key="query_id",
        split="difficulty",
        splits=(difficulty,),
        measures=(Measure("mAP", "ap"), *(Measure(f"mP@{k}", f"p{k}") for k in (1, 5, 10))),
    )


REVISITED_EASY = _revisited("Easy", "junk and hard images are removed before ranks are counted")
REVISITED_MEDIUM = _revisited("Medium", "junk images are removed before ranks are counted")
REVISITED_HARD = _revisited("Hard", "junk and easy images are removed before ranks are counted")
REVISITED = (REVISITED_MEDIUM, REVISITED_HARD, REVISITED_EASY)
"""The three difficulties, the one that papers lead with first."""
