"""Tables of an audit as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landmark_retrieval.manifests.comparison import ManifestComparison
from landmark_retrieval.reporting.chance import COLUMNS, Chance
from landmark_retrieval.reporting.templating import ABSENT, text_of

_STATUSES = ("contradicting", "undecided", "agreed", "listed", "automatic")
"""Of decisions, those that need a look first."""

_DECISIONS = {"landmark": "landmark_id"} | {
    name: name for name in ("name", "status", "reason", "proposed", "same", "different", "unsure", "removed")
}
"""Columns of the page and of the table."""


@dataclass(frozen=True)
class Grid:
    """A table as text; the first `left` columns are words, the rest numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int
    more: int = 0


def totals_grid(audit: ManifestComparison, names: tuple[str, str]) -> Grid:
    """How many photographs and landmarks each side has, and what happened to them."""
    old, new = audit.totals.to_dict("records")
    rows = [
        (label, f"{old[key]:,}", f"{new[key]:,}", _signed(new[key] - old[key]))
        for key, label in (
            ("listed", "photographs listed"),
            ("kept", "photographs kept"),
            ("landmarks", "landmarks"),
        )
    ]
    rows += [(f"photographs {c}", "", "", f"{audit.count(c):,}") for c in ("removed", "added", "relabelled")]
    rows.append(("landmarks removed entirely", "", "", f"{len(audit.vanished):,}"))
    rows += [
        (f"kept, with another {row['column'].replace('_', ' ')}", "", "", f"{row['images']:,}")
        for row in audit.restated.to_dict("records")
        if row["images"]
    ]
    return Grid("Totals", ("", *names, "difference"), rows, left=1)


def reasons_grid(audit: ManifestComparison, most: int) -> Grid:
    """Why photographs changed, at most so many rows."""
    rows = [
        (
            row["change"],
            row["kind_before"],
            row["kind"],
            row["commonest"],
            f"{row['images']:,}",
            f"{100 * row['images'] / len(audit.changes):.1f} %",
            f"{row['landmarks']:,}",
        )
        for row in audit.reasons.head(most).to_dict("records")
    ]
    columns = ("change", "reason before", "reason after", "most common", "photographs", "share", "landmarks")
    return Grid("Reasons", columns, rows, left=4, more=max(len(audit.reasons) - most, 0))


def quantiles_grid(audit: ManifestComparison, names: tuple[str, str]) -> Grid:
    """Photographs per landmark of each side."""
    table = audit.quantiles
    rows = [
        (name, *(ABSENT if np.isnan(value) else f"{value:,.0f}" for value in table[side]))
        for side, name in zip(("before", "after"), names, strict=True)
    ]
    labels = [f"{100 * q:.0f} %" for q in table["quantile"]]
    labels[0], labels[-1] = "smallest", "largest"
    return Grid("Photographs per landmark", ("quantile", *labels), rows, left=1)


def vanished_grid(audit: ManifestComparison, names: Mapping[int, str], most: int) -> Grid:
    """The landmarks of which nothing is left, at most so many rows."""
    gone = audit.vanished
    rows = [
        (landmark_text(row["landmark_id"], names), row["change"], row["reasons"], f"{row['images_before']:,}")
        for row in gone.head(most).to_dict("records")
    ]
    columns = ("landmark", "change", "reasons", "photographs before")
    return Grid("Landmarks removed entirely", columns, rows, left=3, more=max(len(gone) - most, 0))


def decisions_grid(table: pd.DataFrame, most: int) -> Grid | None:
    """What was decided on which landmark and who voted what, at most so many rows; None without any."""
    if not len(table):
        return None
    order = pd.Categorical(table["status"], _STATUSES, ordered=True)
    ordered = table.assign(order=order).sort_values(["order", "landmark_id"], kind="stable")
    shown = ordered[list(_DECISIONS.values())].head(most)
    rows = [[text_of(value) for value in row.values()] for row in shown.to_dict("records")]
    return Grid("Decisions", list(_DECISIONS), rows, left=4, more=max(len(table) - most, 0))


def duplicates_grid(table: pd.DataFrame) -> Grid | None:
    """How many near-duplicates there are within and across splits; None without any."""
    if not len(table):
        return None
    same = (table["landmark_id"] == table["other_landmark_id"]).fillna(False).astype(bool)
    known = table["landmark_id"].notna() & table["other_landmark_id"].notna()
    counted = (
        table.assign(same=same, other_one=known & ~same)
        .groupby(["kind", "split", "other_split"])
        .agg({"image_id": "size", "same": "sum", "other_one": "sum", "distance": "min"})
    )
    rows = [
        (*key, f"{pairs:,}", f"{same:,}", f"{other:,}", f"{nearest:.4g}")
        for key, pairs, same, other, nearest in counted.itertuples()
    ]
    columns = ("kind", "split", "other split", "pairs", "same landmark", "other landmark", "nearest")
    return Grid("Near-duplicates", columns, rows, left=3)


def chance_grid(chance: Chance, most: int) -> Grid:
    """The evidence beside pairs of different landmarks, at most so many rows around the threshold."""
    rows = chance.rows
    used = next((i for i, row in enumerate(rows) if not row[0].isdecimal()), 0)
    first = max(min(used - most // 2, len(rows) - most), 0)
    return Grid(chance.title, COLUMNS, rows[first : first + most], left=1, more=max(len(rows) - most, 0))


def plain_grid(title: str, table: pd.DataFrame) -> Grid:
    """Any table as it is."""
    rows = [[text_of(value) for value in row] for row in table.itertuples(index=False)]
    return Grid(title, [str(column) for column in table], rows, left=len(table.columns))


def landmark_text(landmark_id: int, names: Mapping[int, str]) -> str:
    """Id and, where known, name."""
    return f"{landmark_id} {names[landmark_id]}" if names.get(landmark_id) else str(landmark_id)


def _signed(n: int) -> str:
    return f"{n:+,}".replace("-", "−") if n else "0"
