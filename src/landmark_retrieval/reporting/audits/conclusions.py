"""Conclusions of an audit, in sentences made from its numbers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.manifests.comparison import ManifestComparison
from landmark_retrieval.metrics.effects import ALL, OTHER, OVERLAPPING
from landmark_retrieval.reporting.audits.provenance import Line
from landmark_retrieval.reporting.comparison_table import Cell, difference_cell
from landmark_retrieval.reporting.templating import ABSENT

CONTRAST = f"{OVERLAPPING} − {OTHER}"
"""Group of the rows that hold the drop from the leak."""

_SHOWN_REASONS = 3
_SHOWN_PARAMETERS = 4


def verdict(
    audit: ManifestComparison,
    names: tuple[str, str],
    effects: pd.DataFrame,
    baseline: str,
    parameters: Sequence[Line] = (),
) -> list[tuple[str, str]]:
    """Paragraphs as (question, answer): what differs, why, and whether figures change.

    `effects` (`tables.Effects`) are of all benchmarks; `baseline` is the ablation without re-ranking;
    `parameters` are those that differ upstream of the manifests.
    """
    answers = [("What differs?", f"{_settings(parameters)}{_what(audit, names)}")]
    if len(audit.changes):
        answers.append(("Why?", _why(audit)))
    if not len(effects):
        return answers
    leading = leading_figures(effects)
    answers.append(("Do the figures change?", _figures(leading, baseline)))
    if (leading["group"] == CONTRAST).any():
        answers.append(("How much comes from the leak?", _leak(leading, baseline)))
    answers.append(("Is another method best?", _order(leading)))
    return answers


def leading_figures(effects: pd.DataFrame) -> pd.DataFrame:
    """The rows of each benchmark's first split and measure."""
    first = effects.drop_duplicates("benchmark")[["benchmark", "split", "measure"]]
    return effects.merge(first, on=["benchmark", "split", "measure"], how="inner")


def difference_of(row: pd.Series) -> Cell:
    """The difference of a row of effects."""
    return difference_cell({**row.to_dict(), "value": row["difference"], "p": row["p_adjusted"]})


def mean_of(row: pd.Series, side: str) -> str:
    """The mean "before" or "after" of a row of effects."""
    return Cell(row[side], np.nan, np.nan, row["unit"]).text


def _what(audit: ManifestComparison, names: tuple[str, str]) -> str:
    if audit.is_same:
        return f"Nothing differs: both manifests have the fingerprint {audit.fingerprints[0][:16]}."
    old, new = audit.totals.to_dict("records")
    text = (
        f"{names[1]} keeps {_count(new['kept'], 'photograph')} of {_count(new['landmarks'], 'landmark')}, "
        f"{names[0]} keeps {_count(old['kept'], 'photograph')} of {_count(old['landmarks'], 'landmark')}. "
    )
    if not len(audit.changes):
        return f"{text}They are the same photographs under the same landmarks. {_restated(audit, old, new)}"
    moves = ", ".join(f"{audit.count(c):,} {c}" for c in ("removed", "added", "relabelled"))
    return f"{text}Photographs: {moves}. Landmarks removed entirely: {len(audit.vanished):,}."


def _settings(parameters: Sequence[Line]) -> str:
    """The parameters that both sides have, with different values, as a sentence."""
    changed = [line for line in parameters if ABSENT not in line]
    if not changed:
        return ""
    shown = ", ".join(f"{key} {before} → {after}" for key, before, after in changed[:_SHOWN_PARAMETERS])
    more = len(changed) - _SHOWN_PARAMETERS
    return f"Parameters: {shown}{f' and {more} more' if more > 0 else ''}. "


def _restated(audit: ManifestComparison, old: Mapping[Hashable, Any], new: Mapping[Hashable, Any]) -> str:
    """What makes the fingerprints differ where no kept image does."""
    said = [
        f"the {row['column'].replace('_', ' ')} of {row['images']:,}"
        for row in audit.restated.to_dict("records")
        if row["images"]
    ]
    if old["listed"] != new["listed"]:
        said.append(f"the number of photographs listed ({old['listed']:,} and {new['listed']:,})")
    return (
        f"What differs is {', '.join(said)}." if said else "What differs are photographs that neither keeps."
    )


def _why(audit: ManifestComparison) -> str:
    total = len(audit.changes)
    shown = audit.reasons.head(_SHOWN_REASONS)
    texts = [f"{row.images:,} {row.change}: “{row.kind}”" for row in shown.itertuples()]
    rest = total - int(shown["images"].sum())
    if rest:
        texts.append(f"{rest:,} for other reasons")
    versions = audit.sources[(audit.sources["before"] == 0) != (audit.sources["after"] == 0)]
    text = "; ".join(texts) + "."
    if len(versions):
        text += f" The sources differ, too: {', '.join(sorted(set(versions['source'])))}."
    return text


def _figures(leading: pd.DataFrame, baseline: str) -> str:
    rows = leading[leading["group"] == ALL]
    texts = [
        f"{_where(row)}, {row['ablation']}: {mean_of(row, 'before')} before, {mean_of(row, 'after')} after, "
        f"{_told(row)}."
        for _, row in _of_baseline(rows, baseline).iterrows()
    ]
    clear = [row for _, row in rows.iterrows() if difference_of(row).direction]
    level = 1 - float(rows["confidence"].iloc[0])
    texts.append(
        f"Over all ablations and benchmarks {len(clear):,} of {len(rows):,} differences are clear "
        f"(p < {level:.2g}, adjusted for the number of ablations)."
    )
    return " ".join(texts)


def _leak(leading: pd.DataFrame, baseline: str) -> str:
    texts = (_leak_on(rows, baseline) for _, rows in leading.groupby("benchmark", sort=False))
    return " ".join(filter(None, texts))


def _leak_on(rows: pd.DataFrame, baseline: str) -> str:
    of_baseline = {row["group"]: row for _, row in _of_baseline(rows, baseline).iterrows()}
    if not {OVERLAPPING, OTHER, CONTRAST} <= of_baseline.keys():
        return ""
    hit, rest, drop = (of_baseline[name] for name in (OVERLAPPING, OTHER, CONTRAST))
    contrasts = [difference_of(row) for _, row in rows[rows["group"] == CONTRAST].iterrows()]
    worse = sum(judged(cell) == "worse" for cell in contrasts)
    return (
        f"{_where(drop)}, {drop['ablation']}: queries that match a removed landmark ({hit['queries']}) "
        f"change by {_cell(hit)}, the others ({rest['queries']}) by {_cell(rest)}; the drop from the leak, "
        f"their difference, is {_told(drop)}. It is clear for {worse} of {len(contrasts)} ablations."
    )


def _order(leading: pd.DataFrame) -> str:
    overall = leading[leading["group"] == ALL]
    return " ".join(_order_on(rows) for _, rows in overall.groupby("benchmark", sort=False))


def _order_on(rows: pd.DataFrame) -> str:
    sign = 1.0 if rows["unit"].iloc[0] == "rank" else -1.0
    before, after = (rows.set_index("ablation")[side] * sign for side in ("before", "after"))
    best = before.idxmin(), after.idxmin()
    gaps = [np.subtract.outer(side.to_numpy(), side.to_numpy()) for side in (before, after)]
    swapped = int((gaps[0] * gaps[1] < 0).sum()) // 2
    pairs = len(rows) * (len(rows) - 1) // 2
    first = f"best is {best[0]} before, {best[1]} after"
    if best[0] == best[1]:
        first = f"{best[0]} is best on both sides"
    return f"{_where(rows.iloc[0])}: {first}; {swapped} of {pairs} pairs of ablations swap places."


def _of_baseline(rows: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """The rows of the baseline, or of the first ablation where there is none."""
    name = baseline if (rows["ablation"] == baseline).any() else rows["ablation"].iloc[0]
    return rows[rows["ablation"] == name]


def _told(row: pd.Series) -> str:
    cell = difference_of(row)
    return f"{_cell(row)}, {judged(cell) or 'no clear difference'} ({cell.p_text})"


def judged(cell: Cell) -> str:
    """`better` or `worse` where the difference is clear, else nothing; less is better for ranks."""
    if not cell.direction:
        return ""
    return "better" if (cell.direction == "up") != (cell.unit == "rank") else "worse"


def _cell(row: pd.Series) -> str:
    cell = difference_of(row)
    return f"{cell.text} {cell.interval}".strip()


def _where(row: pd.Series) -> str:
    return f"{row['benchmark']} {row['split']} {row['measure']}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
