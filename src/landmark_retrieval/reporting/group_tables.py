"""Tables of groups of queries for reading, and what is said of them beside other figures."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

import pandas as pd

from landmark_retrieval.metrics.query_groups import WITH_COPY, WITHOUT_COPY
from landmark_retrieval.reporting.comparison_table import WIDTH, Block, blocks


@dataclass(frozen=True)
class GroupTables:
    """The groups of the queries of one benchmark, each a title with its table; the same protocols for all."""

    groups: tuple[tuple[str, Block], ...]
    notes: tuple[str, ...]


def group_tables(table: pd.DataFrame) -> dict[str, GroupTables]:
    """The tables of each benchmark, from `tables.GroupComparison` of several."""
    if not len(table):
        return {}
    return {
        str(benchmark): GroupTables(
            tuple((str(name), _block(part)) for name, part in rows.groupby("group", sort=False)),
            tuple(copy_notes(rows)),
        )
        for benchmark, rows in table.groupby("benchmark", sort=False)
    }


def _block(rows: pd.DataFrame) -> Block:
    """Each system with its number of queries; none is best, as systems have other queries in the group."""
    leading = rows[rows["split"] == rows["split"].iloc[0]].drop_duplicates("system")
    shown = {
        row.system: f"{row.system} ({row.n} {row.split} queries in {row.clusters} clusters)"
        for row in leading.itertuples()
    }
    block = blocks(rows.assign(system=rows["system"].map(lambda name: shown.get(name, name))))[0]
    return replace(block, lines=tuple(replace(line, is_best=False) for line in block.lines))


def copy_notes(table: pd.DataFrame) -> list[str]:
    """How many queries of the leading split have a near-duplicate, where any has one.

    `table` is `tables.GroupComparison` of one benchmark.
    """
    parted = table[table["group"].isin([WITH_COPY, WITHOUT_COPY])]
    if not len(parted):
        return []
    first = parted[(parted["split"] == parted["split"].iloc[0]) & (parted["ablation"] == parted["baseline"])]
    counts = first.pivot_table(index="system", columns="group", values="n", aggfunc="sum", fill_value=0)
    counts = counts.reindex(columns=[WITHOUT_COPY, WITH_COPY], fill_value=0)
    copied, alone = counts[WITH_COPY].astype(int), counts[WITHOUT_COPY].astype(int)
    span = str(copied.min()) if copied.min() == copied.max() else f"{copied.min()} to {copied.max()}"
    text = (
        f"{span} of {(copied + alone).max()} {first['split'].iloc[0]} queries have a near-duplicate in train "
        "or index: see groups of queries (query_groups, summary page)"
    )
    return [textwrap.fill(text, WIDTH, subsequent_indent="  ")]
