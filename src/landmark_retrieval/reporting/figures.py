"""Figures of the summary page; each takes a table and returns a matplotlib figure."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from landmark_retrieval.reporting.colours import BLUE, GREY, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#102030"
"""Text and axes; pages put the reader's text colour (light or dark) in its place."""

WIDTH = 5.8
"""Inches; narrow, so that text stays readable on a phone."""

_SIZES = [*(2**i for i in range(9)), np.inf]
"""Edges of the bins of images per landmark; from 256 on they are one."""

STYLE: Mapping[str, Any] = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: searchable, in the page's font
    "svg.hashsalt": "landmark-retrieval",
    "text.color": _INK,
    "text.parse_math": False,  # names are shown as they are
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def interval_plot(table: pd.DataFrame) -> Figure:
    """The leading figure of every run on one benchmark as a dot with its interval, by variant.

    The baseline of a variant is hollow, and a dashed line carries it through the variant's other ablations.

    Args:
        table: rows of one benchmark from `metrics.comparison.compare`; the first split and metric are drawn.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    first = table.iloc[0]
    rows = table[(table["split"] == first["split"]) & (table["metric"] == first["metric"])]
    groups = [(str(system), group) for system, group in rows.groupby("system", sort=False)]
    heights = [len(group) + 1 for _, group in groups]
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, 0.55 + 0.25 * sum(heights)), layout="constrained")
        axes = figure.subplots(
            len(groups), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
        )[:, 0]
        for ax, (variant, group) in zip(axes, groups, strict=True):
            _draw_runs(ax, variant, group)
        for ax in axes[:-1]:
            ax.spines["bottom"].set_visible(False)
            ax.tick_params(axis="x", length=0)
        unit = "" if first["unit"] == "rank" else " (%)"
        axes[-1].set_xlabel(f"{first['split']} {first['metric']}{unit}, {first['confidence']:.0%} intervals")
    return figure


def _draw_runs(ax: Axes, variant: str, rows: pd.DataFrame) -> None:
    scale = np.where(rows["unit"] == "rank", 1.0, 100.0)
    value, low, high = (rows[name].to_numpy(dtype=float) * scale for name in ("value", "low", "high"))
    is_baseline = (rows["ablation"] == rows["baseline"]).to_numpy()
    places = np.arange(len(rows))
    for x in value[is_baseline]:
        ax.axvline(x, color=GREY, linestyle=(0, (4, 3)), linewidth=1, zorder=0)
    ax.hlines(places, low, high, color=np.where(is_baseline, GREY, BLUE).tolist(), linewidth=2)
    ax.plot(value[~is_baseline], places[~is_baseline], "o", color=BLUE, markersize=6)
    ax.plot(value[is_baseline], places[is_baseline], "o", color=GREY, markersize=6, markerfacecolor="white")
    ax.set_yticks(places, rows["ablation"].tolist())
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    ax.set_title(variant, loc="left", fontsize=9, fontweight="bold", pad=3)
    ax.spines["left"].set_visible(False)


def landmark_sizes(table: pd.DataFrame) -> Figure:
    """How many landmarks have how many images, one series of bars per variant (before and after cleaning).

    Args:
        table: `variant`, `landmark_id`, `images` as from `data_summary.images_per_landmark`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    variants = list(table["variant"].unique())
    edges = _SIZES[: bisect_right(_SIZES, table["images"].max() if len(table) else 1) + 1]
    labels = ["1", *(f"{a}–{b - 1}" if b < np.inf else f"{a} +" for a, b in pairwise(edges[1:]))]
    width = 0.8 / max(len(variants), 1)
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
        ax = figure.subplots()
        for i, variant in enumerate(variants):
            counts, _ = np.histogram(table.loc[table["variant"] == variant, "images"], edges)
            places = np.arange(len(counts)) + (i - (len(variants) - 1) / 2) * width
            ax.bar(places, counts, width * 0.92, color=SERIES[i % len(SERIES)], label=str(variant))
        ax.set_xticks(np.arange(len(labels)), labels)
        ax.set_xlabel("images of a landmark")
        ax.set_ylabel("landmarks")
        ax.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
        ax.set_axisbelow(True)
        if variants:
            figure.legend(loc="outside upper left", ncols=min(len(variants), 4), fontsize=8)
    return figure


def to_svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element for a page: no network, the page's text colour, the same bytes every time.

    Args:
        figure: from a function of this module.
        name: put before every id, so that figures of one page do not share any.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
