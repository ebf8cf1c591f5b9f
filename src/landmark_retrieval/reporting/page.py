"""Summary page of a run: one self-contained HTML file that opens from disk without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from landmark_retrieval.reporting import colours
from landmark_retrieval.reporting.comparison_table import blocks
from landmark_retrieval.reporting.figures import interval_plot, landmark_sizes
from landmark_retrieval.reporting.gallery import Gallery
from landmark_retrieval.reporting.group_tables import group_tables
from landmark_retrieval.reporting.templating import environment, flat_parameters, svg_of, text_of
from landmark_retrieval.reporting.tiles import GLYPHS


@dataclass(frozen=True)
class Summary:
    """Everything a summary page shows; empty tables leave their section out.

    Attributes:
        title: of the page.
        comparison: from `metrics.comparison.compare`, of all benchmarks below each other.
        groups: from `metrics.query_groups.compare_groups`, of all benchmarks below each other.
        recognition: from `metrics.comparison.summarise_recognition`, with a column `variant` before it.
        variants: from `data_summary.variant_table`.
        reasons: from `data_summary.reason_table`.
        sizes: from `data_summary.images_per_landmark`.
        tables: further tables about the data by title, shown as they are.
        parameters: of the run, nested as in the configuration.
        galleries: photographs to look at.
    """

    title: str
    comparison: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    recognition: pd.DataFrame = field(default_factory=pd.DataFrame)
    variants: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: pd.DataFrame = field(default_factory=pd.DataFrame)
    sizes: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    galleries: tuple[Gallery, ...] = ()


def summary_page(summary: Summary) -> str:
    """The whole page as HTML; every name in it is escaped, every photograph embedded once."""
    page = environment().get_template("summary.html.j2")
    panels = [panel for gallery in summary.galleries for panel in gallery.panels]
    tiles = [
        tile for panel in panels for tile in (panel.query, *(t for row in panel.rows for t in row.tiles))
    ]
    shown = dict.fromkeys(tile.thumbnail for tile in tiles if tile.thumbnail)
    return page.render(
        title=summary.title,
        results=_results(summary.comparison),
        groups=group_tables(summary.groups),
        recognition=blocks(summary.recognition) if len(summary.recognition) else [],
        variants=summary.variants.to_dict("records"),
        reasons=_reasons(summary.reasons),
        sizes=svg_of(landmark_sizes(summary.sizes), "sizes") if len(summary.sizes) else "",
        tables=[
            (title, list(table), [list(map(text_of, row)) for row in table.itertuples(index=False)])
            for title, table in summary.tables.items()
        ],
        parameters=list(flat_parameters(summary.parameters)),
        galleries=[gallery for gallery in summary.galleries if gallery.panels],
        thumbnails={address: f"photo{i}" for i, address in enumerate(shown)},
        unchanged=[gallery.title for gallery in summary.galleries if not gallery.panels],
        glyphs=GLYPHS,
        colours=colours,
    )


def _results(comparison: pd.DataFrame) -> list[dict[str, object]]:
    """Each block with its figure."""
    if not len(comparison):
        return []
    tables = [table for _, table in comparison.groupby("benchmark", sort=False)]
    return [
        {"block": block, "svg": svg_of(interval_plot(table), f"result{i}")}
        for i, (block, table) in enumerate(zip(blocks(comparison), tables, strict=True))
    ]


def _reasons(reasons: pd.DataFrame) -> list[dict[str, object]]:
    """Images kept of each variant, and the reasons with their share of the variant."""
    summaries: list[dict[str, object]] = []
    for variant, rows in reasons.groupby("variant", sort=False) if len(reasons) else ():
        total = int(rows["images"].sum())
        shares = rows.assign(share=rows["images"] / max(total, 1)).to_dict("records")
        kept = int(rows.loc[rows["kept"].astype(bool), "images"].sum())
        summaries.append({"variant": variant, "total": total, "kept": kept, "rows": shares})
    return summaries
