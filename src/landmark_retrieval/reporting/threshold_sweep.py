"""Heat maps of what each pair of cleaning thresholds would keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.reporting.chance import draw_chance
from landmark_retrieval.reporting.colours import RED
from landmark_retrieval.reporting.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CURVES = 2.2
"""Inches of height of the curves below."""

_DARK = 0.55
"""Share of the colour scale from which text on a cell is white."""


def sweep_figure(
    table: pd.DataFrame, min_inliers: int, min_verified_neighbours: int, compared: pd.DataFrame
) -> Figure:
    """Two heat maps, of the images and of the landmarks kept, over both thresholds of cleaning.

    Below them the shares of pairs with as many inliers, of the evidence and of different landmarks.

    Args:
        table: `min_inliers`, `min_verified_neighbours`, `images`, `landmarks`, a row per cell of a grid, as
            from `cleaning.threshold_sweep`.
        min_inliers: the threshold chosen; its cell is framed if it is on the grid.
        min_verified_neighbours: the threshold chosen.
        compared: `tables.FalseVerifications`.
    """
    height = 0.9 + 0.26 * table["min_verified_neighbours"].nunique()
    with new_figure(height + _CURVES) as figure:
        maps, curves = figure.subfigures(2, 1, height_ratios=[height, _CURVES], squeeze=False)[:, 0]
        axes = maps.subplots(1, 2, sharey=True)
        for ax, column in zip(axes, ("images", "landmarks"), strict=True):
            grid = table.pivot(index="min_verified_neighbours", columns="min_inliers", values=column)
            _draw_cells(ax, grid.sort_index())
            _frame(ax, grid.sort_index(), min_inliers, min_verified_neighbours)
            ax.set_title(f"{column} kept", loc="left", fontsize=9, fontweight="bold", pad=3)
            ax.set_xlabel("inliers ≥")
        axes[0].set_ylabel("verified neighbours ≥")
        draw_chance(curves.subplots(), compared)
    return figure


def short(count: float) -> str:
    """A count in at most five characters: 812, 3.5k, 81k, 1.58M."""
    if count < 1_000:
        return f"{count:.0f}"
    for unit, letter in ((1e3, "k"), (1e6, "M"), (1e9, "G")):
        for digits in (2, 1, 0) if unit > 1e3 else (1, 0):
            text = f"{count / unit:.{digits}f}"
            if len(text) <= 4 and float(text) < 1_000:
                return text + letter
    return f"{count:.0e}"


def _draw_cells(ax: Axes, grid: pd.DataFrame) -> None:
    values = grid.to_numpy(dtype=float)
    largest = max(values.max(initial=0), 1)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=largest, aspect="auto", origin="lower")
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > _DARK * largest else "black"
        ax.text(column, row, short(value), ha="center", va="center", color=colour, fontsize=6)
    ax.set_xticks(np.arange(grid.shape[1]), [str(bound) for bound in grid.columns])
    ax.set_yticks(np.arange(grid.shape[0]), [str(bound) for bound in grid.index])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def _frame(ax: Axes, grid: pd.DataFrame, min_inliers: int, min_verified_neighbours: int) -> None:
    from matplotlib.patches import Rectangle

    columns, rows = ([int(label) for label in axis] for axis in (grid.columns, grid.index))
    if min_inliers not in columns or min_verified_neighbours not in rows:
        return
    column, row = columns.index(min_inliers), rows.index(min_verified_neighbours)
    cell = Rectangle(
        (column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=2.5, label="chosen"
    )
    cell.set_clip_on(False)
    ax.add_patch(cell)
