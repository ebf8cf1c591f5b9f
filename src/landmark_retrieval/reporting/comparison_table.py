"""Result tables for reading: one block per benchmark, one line per run."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.metrics.intervals import FEW_CHANGES, FEW_CLUSTERS

WIDTH = 110
"""Columns of the terminal that a text table fits into."""


FEW = "†"
"""Sign of an interval that rests on few clusters or changes."""

FEW_NOTE = (
    f"{FEW} fewer than {FEW_CLUSTERS} clusters of queries, or fewer than {FEW_CHANGES} changed queries: "
    "the interval may be too narrow"
)

CLEAR = "*"
"""Mark of a clear difference in text."""


@dataclass(frozen=True)
class Cell:
    """One figure, or one difference, with its interval, as in the tidy table.

    Attributes:
        value: the figure, a fraction or a rank.
        low: lower bound of its interval, NaN without one.
        high: upper bound.
        unit: of the three.
        is_difference: it is the difference of two figures.
        p: adjusted p-value of a difference, NaN where nothing was tested.
        level: a smaller p-value is a clear difference.
        is_few: few clusters of queries or changed queries stand behind the interval.
    """

    value: float
    low: float
    high: float
    unit: str
    is_difference: bool = False
    p: float = np.nan
    level: float = 0.05
    is_few: bool = False

    @property
    def text(self) -> str:
        """The figure with two decimals, in percent unless it is a rank."""
        return self._number(self.value, 2)

    @property
    def interval(self) -> str:
        """`[low, high]` with one decimal and the sign of few clusters, empty where there is no interval."""
        if np.isnan(self.low):
            return ""
        return f"[{self._number(self.low, 1)}, {self._number(self.high, 1)}]{FEW if self.is_few else ''}"

    @property
    def direction(self) -> str:
        """`up` or `down` where the adjusted p-value of a difference says so, else nothing."""
        if not self.is_difference or not self.p < self.level:
            return ""
        return "up" if self.value > 0 else "down"

    @property
    def p_text(self) -> str:
        """The adjusted p-value, empty where nothing was tested."""
        if np.isnan(self.p):
            return ""
        return "p < 0.001" if self.p < 0.001 else f"p = {self.p:.2g}"

    def _number(self, value: float, decimals: int) -> str:
        if np.isnan(value):
            return "–"
        scaled = round(value * (1 if self.unit == "rank" else 100), decimals) + 0.0
        text = f"{scaled:+.{decimals}f}" if self.is_difference else f"{scaled:.{decimals}f}"
        return text.replace("-", "−")


@dataclass(frozen=True)
class Line:
    """One run: its variant (and ablation) and its figures; `is_best` by the first figure."""

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    is_best: bool


@dataclass(frozen=True)
class Block:
    """Everything on one benchmark; each header is a pair: split (or what a difference is to), metric."""

    benchmark: str
    confidence: float
    n: str
    protocols: tuple[str, ...]
    name_headers: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]

    @property
    def notes(self) -> list[str]:
        """What the signs of these lines mean."""
        cells = [cell for line in self.lines for cell in line.cells]
        return [FEW_NOTE] if any(FEW in cell.interval for cell in cells) else []

    @property
    def by_system(self) -> list[tuple[str, list[Line]]]:
        """The lines under the system they share."""
        return [(name, list(lines)) for name, lines in groupby(self.lines, key=lambda line: line.names[0])]


def blocks(table: pd.DataFrame) -> list[Block]:
    """Lay a tidy table out for reading.

    The first split and metric of a benchmark lead, with their difference to the baseline; then come the other
    splits, then the other metrics of the first split. `table` is from `metrics.comparison.compare`, or
    summaries with a column `system` before them.
    """
    return [_block(str(name), rows) for name, rows in table.groupby("benchmark", sort=False)]


def format_table(table: pd.DataFrame) -> str:
    """The tidy table as aligned text for the terminal, at most 110 columns wide; figures in percent.

    Columns that do not fit are left out. `rich.table` would cut digits off instead: three revisited
    difficulties with three precisions are 115 columns wide.
    """
    return "\n\n".join(_format_block(block) for block in blocks(table))


def _block(benchmark: str, rows: pd.DataFrame) -> Block:
    names = tuple(name for name in ("system", "ablation") if name in rows)
    figures = _figures(rows)
    with_difference = "delta" in rows and bool(rows["delta"].notna().any())
    headers = list(figures)
    if with_difference:
        headers.insert(1, (f"Δ to {rows['baseline'].iloc[0]}", figures[0][1]))
    groups = rows.groupby(list(names), sort=False, dropna=False)
    runs = [(key, _cells(run, figures, with_difference)) for key, run in groups]
    best = max((cells[0].value for _, cells in runs if not np.isnan(cells[0].value)), default=np.nan)
    return Block(
        benchmark=benchmark,
        confidence=float(rows["confidence"].iloc[0]),
        n=", ".join(_queries(str(split), part) for split, part in rows.groupby("split", sort=False)),
        protocols=tuple(rows["protocol"].unique()),
        name_headers=names,
        headers=tuple(headers),
        lines=tuple(Line(tuple(map(str, key)), cells, cells[0].value == best) for key, cells in runs),
    )


def _queries(split: str, rows: pd.DataFrame) -> str:
    """How many queries count in how many clusters, from the least to the most of a system."""
    counts = [
        rows.drop_duplicates("system")[column] if "system" in rows else rows[column].iloc[:1]
        for column in ("n", "clusters")
    ]
    n, clusters = (f"{c.min()}" if c.min() == c.max() else f"{c.min()} to {c.max()}" for c in counts)
    return f"{n} {split} in {clusters} clusters"


def _figures(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """(split, metric) in reading order."""
    present = list(dict.fromkeys(zip(rows["split"], rows["metric"], strict=True)))
    split, metric = present[0]
    leading = [figure for figure in present if figure[1] == metric]
    return leading + [figure for figure in present if figure[0] == split and figure[1] != metric]


def _cells(run: pd.DataFrame, figures: Sequence[tuple[str, str]], with_difference: bool) -> tuple[Cell, ...]:
    of = {(row["split"], row["metric"]): row for row in run.to_dict("records")}
    cells = [_figure(of.get(figure, {})) for figure in figures]
    if with_difference:
        cells.insert(1, _difference(of.get(figures[0], {})))
    return tuple(cells)


def _figure(row: Mapping[Hashable, Any]) -> Cell:
    value, low, high = (float(row.get(column, np.nan)) for column in ("value", "low", "high"))
    few = row.get("clusters", 0) < FEW_CLUSTERS
    return Cell(value, low, high, str(row.get("unit", "fraction")), is_few=few)


def _difference(row: Mapping[Hashable, Any]) -> Cell:
    columns = {"value": "delta", "low": "delta_low", "high": "delta_high", "p": "p_adjusted"}
    return difference_cell(
        {name: row.get(column, np.nan) for name, column in columns.items()}
        | {name: row[name] for name in ("unit", "confidence", "clusters", "changed") if name in row}
    )


def difference_cell(row: Mapping[Hashable, Any]) -> Cell:
    """The cell of a difference: `value`, `low`, `high`, `p` (adjusted), `unit`, `clusters`, `changed`."""
    return Cell(
        float(row["value"]),
        float(row["low"]),
        float(row["high"]),
        str(row.get("unit", "fraction")),
        is_difference=True,
        p=float(row["p"]),
        level=round(1 - float(row.get("confidence", 0.95)), 12),  # 1 - 0.95 is more than 0.05
        is_few=row.get("clusters", 0) < FEW_CLUSTERS or row.get("changed", 0) < FEW_CHANGES,
    )


def _format_block(block: Block) -> str:
    n_names = len(block.name_headers)
    n_wide = 2 if block.headers[1:2] and block.headers[1][0].startswith("Δ") else 1
    head = [
        ["", *[""] * (n_names - 1), *(top for top, _ in block.headers)],
        [*block.name_headers, *(bottom for _, bottom in block.headers)],
    ]
    body = [
        [*line.names, *(_text(cell, with_interval=i < n_wide) for i, cell in enumerate(line.cells))]
        for line in block.lines
    ]
    for above, below in reversed(list(pairwise(body))):
        below[0] = "" if below[0] == above[0] and n_names > 1 else below[0]
    grid = _align([*head, *body], n_names)
    title = f"{block.benchmark}, intervals of {block.confidence:.0%}; queries: {block.n}"
    said = [*_clear_note(block), *block.notes, *block.protocols]
    notes = [textwrap.fill(text, WIDTH, subsequent_indent="  ") for text in said]
    rule = "─" * max(map(len, grid))
    return "\n".join(
        [textwrap.fill(title, WIDTH, subsequent_indent="  "), rule, *grid[:2], rule, *grid[2:], rule, *notes]
    )


def _clear_note(block: Block) -> list[str]:
    if not any(cell.direction for line in block.lines for cell in line.cells):
        return []
    return [f"{CLEAR} differs from the baseline: p < {1 - block.confidence:.2g}, adjusted for all rows"]


def _text(cell: Cell, with_interval: bool) -> str:
    if not with_interval:
        return cell.text
    interval = cell.interval.removesuffix(FEW)
    signs = f"{CLEAR if cell.direction else ' '}{FEW if FEW in cell.interval else ' '}"
    return f"{cell.text} {interval}{signs}" if interval else cell.text + " " * 2


def _align(grid: list[list[str]], n_names: int) -> list[str]:
    """Names to the left, figures to the right; what does not fit the terminal is left to the tidy table."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    room = (WIDTH - 50) // n_names
    widths[:n_names] = [min(width, room) for width in widths[:n_names]]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths.pop()
    return [
        "  ".join(_fit(text, w, i < n_names) for i, (text, w) in enumerate(zip(row, widths, strict=False)))
        for row in grid
    ]


def _fit(text: str, width: int, is_name: bool) -> str:
    text = text if len(text) <= width else text[: width - 1] + "…"
    return text.ljust(width) if is_name else text.rjust(width)
