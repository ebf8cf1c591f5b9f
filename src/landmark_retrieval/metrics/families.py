"""Protocol families: protocols that judge rankings by the same ground truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics import gldv2_retrieval, revisited
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED, Mark, Protocol
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.identity import Ids
from landmark_retrieval.tables import RetrievalFigures, RevisitedFigures, Table, checked_table, column_types


@dataclass(frozen=True)
class Family:
    """Protocols that share their ground truth.

    Attributes:
        name: as the records of `formats.registry` refer to it.
        protocols: the one that papers lead with comes first.
        truth: name of the table with the ground truth.
        figures: schema of the figures of every query.
        per_query: those figures, from a ranking, the ids of its queries and index, and the truth.
        judged_images: for each of some queries the images that the leading protocol counts as correct or
            ignores.
        has_submission: rankings can be written in the form of the Kaggle retrieval challenge.
    """

    name: str
    protocols: tuple[Protocol, ...]
    truth: str
    figures: type[Table]
    per_query: Callable[[Ranking, Ids, Ids, pd.DataFrame], pd.DataFrame]
    judged_images: Callable[[pd.DataFrame, Collection[str]], Mapping[str, Mapping[str, Mark]]]
    has_submission: bool = False

    @property
    def depth(self) -> int | None:
        """Images per ranking that are judged, `None` for the whole index."""
        return self.leading.depth

    @property
    def leading(self) -> Protocol:
        """The protocol that queries are chosen and shown by."""
        return self.protocols[0]

    def on(self, release: str, crop: str | None = None) -> list[Protocol]:
        """The protocols on a release of the ground truth, with the query cropped otherwise if stated."""
        return [protocol.on(release, crop) for protocol in self.protocols]


FAMILIES = {
    family.name: family
    for family in (
        Family(
            "gldv2",
            (GLDV2_RETRIEVAL,),
            "retrieval_solution",
            RetrievalFigures,
            gldv2_retrieval.per_query,
            gldv2_retrieval.judged_images,
            has_submission=True,
        ),
        Family(
            "revisited",
            REVISITED,
            "relevance",
            RevisitedFigures,
            revisited.per_query,
            revisited.judged_images,
        ),
    )
}


def checked_per_query(table: pd.DataFrame) -> pd.DataFrame:
    """A per-query table, checked by the schema that has its columns.

    Raises:
        DataError: no family has these columns, or the table violates its schema.
    """
    schemas = [family.figures for family in FAMILIES.values()]
    for schema in schemas:
        if set(table) == set(column_types(schema)):
            return checked_table(table, schema, "per_query")
    expected = " or ".join(", ".join(column_types(schema)) for schema in schemas)
    found = ", ".join(map(str, table))
    raise DataError(f"per_query: expected the columns {expected}, found {found}; evaluate again")
