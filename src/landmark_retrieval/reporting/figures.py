"""Figures of the summary page; each takes a table and returns a matplotlib figure."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@contextmanager
def new_figure(height: float) -> Iterator[Figure]:
    """A figure of `WIDTH` by `height` inches, in the style of the pages while it is drawn."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):  # type: ignore[arg-type]
        yield Figure(figsize=(WIDTH, height), layout="constrained")


def interval_plot(table: pd.DataFrame) -> Figure:
    """The leading figure of every run on one benchmark as a dot with its interval, by variant.

    The baseline of a variant is hollow, and a dashed line carries it through the variant's other ablations.
    `table` holds the rows of one benchmark from `metrics.comparison.compare`.
    """
    first = table.iloc[0]
    rows = table[(table["split"] == first["split"]) & (table["metric"] == first["metric"])]
    groups = [(str(system), group) for system, group in rows.groupby("system", sort=False)]
    heights = [len(group) + 1 for _, group in groups]
    with new_figure(0.55 + 0.25 * sum(heights)) as figure:
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
    label_rows(ax, rows["ablation"].tolist())
    ax.set_title(variant, loc="left", fontsize=9, fontweight="bold", pad=3)


def label_rows(ax: Axes, labels: list[str]) -> None:
    """One labelled row per run, from top to bottom."""
    ax.set_yticks(np.arange(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=GREY, alpha=0.25, linewidth=0.6)
    ax.spines["left"].set_visible(False)


def label_bars(ax: Axes, labels: Sequence[str], what: str, rotation: int = 0) -> None:
    """Bars of numbers of landmarks, labelled by their numbers of images."""
    ax.set_xticks(np.arange(len(labels)), labels, rotation=rotation)
    ax.set_xlabel(what)
    ax.set_ylabel("landmarks")
    ax.grid(axis="y", color=GREY, alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)


def landmark_sizes(table: pd.DataFrame) -> Figure:
    """How many landmarks have how many images (`data_summary.images_per_landmark`), by variant."""
    variants = list(table["variant"].unique())
    edges = _SIZES[: bisect_right(_SIZES, table["images"].max() if len(table) else 1) + 1]
    labels = ["1", *(f"{a}–{b - 1}" if b < np.inf else f"{a} +" for a, b in pairwise(edges[1:]))]
    width = 0.8 / max(len(variants), 1)
    with new_figure(2.6) as figure:
        ax = figure.subplots()
        for i, variant in enumerate(variants):
            counts, _ = np.histogram(table.loc[table["variant"] == variant, "images"], edges)
            places = np.arange(len(counts)) + (i - (len(variants) - 1) / 2) * width
            ax.bar(places, counts, width * 0.92, color=SERIES[i % len(SERIES)], label=str(variant))
        label_bars(ax, labels, "images of a landmark")
        if variants:
            figure.legend(loc="outside upper left", ncols=min(len(variants), 4), fontsize=8)
    return figure


def to_svg(figure: Figure, name: str) -> str:
    """The figure as an SVG element for a page: no network, the page's text colour, the same bytes every time.

    `name` is put before every id, so that figures of one page do not share any.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
