"""Audit page: what differs between two manifests, why, and whether it changes a conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.comparison import ManifestComparison
from landmark_retrieval.reporting import colours
from landmark_retrieval.reporting.audits.conclusions import (
    difference_of,
    judged,
    leading_figures,
    mean_of,
    verdict,
)
from landmark_retrieval.reporting.audits.figures import effect_plot, size_change
from landmark_retrieval.reporting.audits.pictures import AuditSettings, landmark_panels, near_duplicate_panels
from landmark_retrieval.reporting.audits.provenance import (
    AuditSide,
    differing,
    parameter_lines,
    provenance_lines,
)
from landmark_retrieval.reporting.audits.tables import (
    chance_grid,
    decisions_grid,
    duplicates_grid,
    landmark_text,
    plain_grid,
    quantiles_grid,
    reasons_grid,
    totals_grid,
    vanished_grid,
)
from landmark_retrieval.reporting.chance import Chance
from landmark_retrieval.reporting.comparison_table import FEW, FEW_NOTE
from landmark_retrieval.reporting.templating import ABSENT, environment, svg_of
from landmark_retrieval.reporting.tiles import GLYPHS
from landmark_retrieval.verification.evidence import Evidence


@dataclass(frozen=True)
class MatchPicture:
    """A drawing of the matches of two photographs; `image` must be the `data:` address of a picture."""

    image: str
    caption: str

    def __post_init__(self) -> None:
        if not self.image.startswith("data:image/"):
            raise DataError(f"match picture: expected an address data:image/…, found {self.image[:40]!r}")


@dataclass(frozen=True, eq=False)
class AuditPage:
    """Everything the page shows; what is empty leaves its section out.

    Attributes:
        audit: of the two manifests.
        before: the first side.
        after: the second side.
        settings: how much is shown.
        files: photographs by source.
        names: of landmarks, as far as known.
        evidence: pairs that the inliers under photographs are taken from.
        effects: from `metrics.effects.effects`, of all benchmarks below each other.
        baseline: the ablation without re-ranking.
        decisions: `overlap_decisions`: what was proposed, who voted what, what was removed.
        matches: drawings of matches by landmark, shown beside the decision on it.
        near_duplicates: pairs of photographs that look alike, across and within splits.
        images: `image_id`, `path` and `source` of photographs in no manifest (queries, index), for the
            near-duplicates.
        scores: further tables by title, such as cleaning against a known truth.
        chance: the evidence beside pairs of different landmarks, of each evidence.
    """

    audit: ManifestComparison
    before: AuditSide
    after: AuditSide
    settings: AuditSettings
    files: Mapping[str, FileTree] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    evidence: Sequence[Evidence] = ()
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
    baseline: str = ""
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    matches: Mapping[int, Sequence[MatchPicture]] = field(default_factory=dict)
    near_duplicates: pd.DataFrame = field(default_factory=pd.DataFrame)
    images: Sequence[pd.DataFrame] = ()
    scores: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    chance: Sequence[Chance] = ()


def audit_page(page: AuditPage) -> str:
    """The whole page as HTML; every name, reason and note in it is escaped."""
    audit, settings = page.audit, page.settings
    names = page.before.name, page.after.name
    both_ways = (page.before, page.after), (page.after, page.before)
    parameters = [parameter_lines(side, other) for side, other in both_ways]
    changed = differing(*parameters)
    template = environment().get_template("audit.html.j2")
    return template.render(
        title=f"{names[0]} against {names[1]}",
        names=names,
        verdict=[
            *verdict(audit, names, page.effects, page.baseline, changed),
            *((f"How sure is a verified pair ({c.title})?", c.sentence) for c in page.chance),
        ],
        provenance=provenance_lines(audit, page.before, page.after),
        has_records=[bool(side.record) for side in (page.before, page.after)],
        differing=[line for line in changed if ABSENT not in line],
        one_sided=[line for line in changed if ABSENT in line],
        parameters=[list(lines.items()) for lines in parameters],
        totals=totals_grid(audit, names),
        reasons=reasons_grid(audit, settings.rows),
        sizes=svg_of(size_change(audit.sizes, names), "sizes"),
        quantiles=quantiles_grid(audit, names),
        landmarks=landmark_panels(
            audit,
            page.after.manifest,
            page.before.manifest,
            page.files,
            page.names,
            page.evidence,
            settings,
        ),
        vanished=vanished_grid(audit, page.names, settings.rows),
        decisions=decisions_grid(page.decisions, settings.rows),
        matches=[(landmark_text(i, page.names), pictures) for i, pictures in sorted(page.matches.items())],
        benchmarks=list(_benchmarks(page.effects)),
        duplicates=duplicates_grid(page.near_duplicates),
        pairs=_pairs(page),
        scores=[plain_grid(title, table) for title, table in page.scores.items() if len(table)],
        chance=[
            {
                "title": c.title,
                "svg": svg_of(c.figure, f"chance{i}"),
                "grid": chance_grid(c, settings.rows),
                "drawings": c.drawings,
            }
            for i, c in enumerate(page.chance)
        ],
        glyphs=GLYPHS,
        few_note=FEW_NOTE,
        colours=colours,
    )


def _benchmarks(effects: pd.DataFrame) -> Iterator[dict[str, object]]:
    if not len(effects):
        return
    leading = leading_figures(effects)
    for i, (name, rows) in enumerate(effects.groupby("benchmark", sort=False)):
        figures = rows.groupby(["split", "measure"], sort=False)
        yield {
            "name": name,
            "protocols": rows["protocol"].unique(),
            "confidence": rows["confidence"].iloc[0],
            "is_few": any(FEW in difference_of(row).interval for _, row in rows.iterrows()),
            "svg": svg_of(effect_plot(leading[leading["benchmark"] == name]), f"effect{i}"),
            "tables": [_effect_table(f"{split} {measure}", figure) for (split, measure), figure in figures],
        }


def _effect_table(title: str, rows: pd.DataFrame) -> dict[str, object]:
    groups = list(rows["group"].unique())
    lines = []
    for ablation, of_ablation in rows.groupby("ablation", sort=False):
        cells = {row["group"]: _effect_cell(row) for _, row in of_ablation.iterrows()}
        lines.append((str(ablation), [cells.get(group) for group in groups]))
    unit = "places, less is better" if rows["unit"].iloc[0] == "rank" else "percent, differences in points"
    return {"title": f"{title} ({unit})", "groups": groups, "lines": lines}


def _effect_cell(row: pd.Series) -> dict[str, object]:
    difference = difference_of(row)
    cell = {"difference": difference, "judged": judged(difference), "queries": int(row["queries"])}
    return cell | {side: mean_of(row, side) for side in ("before", "after")}


def _pairs(page: AuditPage) -> tuple[object, ...]:
    if not len(page.near_duplicates):
        return ()
    images = [page.after.manifest, page.before.manifest, *page.images]
    return near_duplicate_panels(page.near_duplicates, images, page.files, page.settings)
