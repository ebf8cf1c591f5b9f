"""Review sheet: the page on which people vote on candidate landmarks of an overlap.

As for RGLDv2-clean (Song et al. 2024), whose inspectors looked before a landmark was removed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

import pandas as pd

from landmark_retrieval.manifests.table_digest import table_digest
from landmark_retrieval.overlap.verdict_files import FORMAT
from landmark_retrieval.reporting import colours
from landmark_retrieval.reporting.chance import COLUMNS, Chance
from landmark_retrieval.reporting.review.rows import ReviewRow
from landmark_retrieval.reporting.templating import environment, svg_of
from landmark_retrieval.tables import OverlapCandidates, column_types


def sheet_fingerprint(candidates: pd.DataFrame) -> str:
    """SHA-256 of what a table of candidates says, whatever the order of its rows.

    Numbers count as they are read, to four decimals: another processor, whose last digits differ, does not
    make another sheet of it.
    """
    texts = {
        name: candidates[name].map("{:.4f}".format).astype("str")
        for name, kind in column_types(OverlapCandidates).items()
        if kind == "float64"
    }
    ids = candidates["landmark_id"].astype("str")
    said = candidates[list(column_types(OverlapCandidates))].assign(landmark_id=ids, **texts)
    return table_digest(said.reset_index(drop=True), "landmark_id")


def review_sheet(
    rows: Sequence[ReviewRow], variant: str, sheet: str, candidates: int, chance: Sequence[Chance] = ()
) -> str:
    """The page, one self-contained HTML file; it saves files that `overlap.verdict_files` reads.

    Args:
        rows: from `build_rows`.
        variant: whose candidates these are.
        sheet: `sheet_fingerprint` of all candidates.
        candidates: how many there are; the page says so if it does not show all.
        chance: the evidence beside pairs of different landmarks, of each benchmark.
    """
    from markupsafe import Markup

    templates = environment()
    script = templates.get_template("review.js.j2").render()
    island = {
        "format": FORMAT,
        "variant": variant,
        "sheet": sheet,
        "landmarks": [{"id": str(row.landmark_id), "name": row.name} for row in rows],
    }
    return templates.get_template("review.html.j2").render(
        variant=variant,
        rows=rows,
        candidates=candidates,
        chance=[(part, svg_of(part.figure, f"chance{i}")) for i, part in enumerate(chance)],
        columns=COLUMNS,
        island=island,
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        colours=colours,
    )
