"""Figures of an audit: landmark sizes before and after, and differences of the measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.reporting.colours import GREY, SERIES
from landmark_retrieval.reporting.figures import label_bars, label_rows, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKERS = "oDsP^v"
"""One per group of queries, so that they can be told apart without colour."""


def size_change(sizes: pd.DataFrame, names: tuple[str, str]) -> Figure:
    """How many landmarks have how many images (`ManifestComparison.sizes`), before and after."""
    places = np.arange(len(sizes))
    bounds = zip(sizes["images_from"], sizes["images_to"], strict=True)
    labels = [str(low) if low == high else f"{low}–{high}" for low, high in bounds]
    with new_figure(2.6) as figure:
        ax = figure.subplots()
        for i, (side, name) in enumerate(zip(("before", "after"), names, strict=True)):
            ax.bar(places + (i - 0.5) * 0.4, sizes[side], 0.37, color=SERIES[i], label=f"{side}: {name}")
        label_bars(ax, labels, "kept images of a landmark", rotation=45 if len(labels) > 8 else 0)
        ax.legend(fontsize=8)
    return figure


def effect_plot(effects: pd.DataFrame) -> Figure:
    """The difference of every ablation with its interval, a mark per group of queries, around zero.

    `effects` are rows of one benchmark, split and measure from `metrics.effects.effects`.
    """
    first = effects.iloc[0]
    ablations, groups = list(effects["ablation"].unique()), list(effects["group"].unique())
    height = 0.9 + len(ablations) * max(0.26, 0.13 * len(groups) + 0.1)
    with new_figure(height) as figure:
        ax = figure.subplots()
        ax.axvline(0, color=GREY, linestyle=(0, (4, 3)), linewidth=1, zorder=0)
        for i, group in enumerate(groups):
            shift = (i - (len(groups) - 1) / 2) * 0.8 / max(len(groups), 1)
            _draw_group(ax, effects[effects["group"] == group], ablations, shift, i)
        label_rows(ax, [str(ablation) for ablation in ablations])
        unit = "places, less is better" if first["unit"] == "rank" else "points"
        ax.set_xlabel(f"after − before: {first['split']} {first['measure']} ({unit})")
        figure.legend(loc="outside upper left", ncols=len(groups), fontsize=8)
    return figure


def _draw_group(ax: Axes, rows: pd.DataFrame, ablations: list[str], shift: float, number: int) -> None:
    colour, marker = SERIES[number % len(SERIES)], _MARKERS[number % len(_MARKERS)]
    scale = np.where(rows["unit"] == "rank", 1.0, 100.0)
    value, low, high = (rows[name].to_numpy(dtype=float) * scale for name in ("difference", "low", "high"))
    places = np.asarray([ablations.index(ablation) for ablation in rows["ablation"]]) + shift
    ax.hlines(places, low, high, color=colour, linewidth=1.6)
    ax.plot(value, places, marker, color=colour, markersize=4.5, label=str(rows["group"].iloc[0]))
