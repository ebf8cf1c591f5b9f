"""Provenance of the two manifests of an audit, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from landmark_retrieval.manifests.comparison import ManifestComparison
from landmark_retrieval.reporting.templating import ABSENT, flat_parameters

NOT_RECORDED = "not recorded"
_FIELDS = {
    "command": "command",
    "env": "environment",
    "session": "session",
    "started": "started",
    "kedro_version": "Kedro",
}


@dataclass(frozen=True, eq=False)
class AuditSide:
    """One of the two manifests.

    Attributes:
        variant: whose manifest it is.
        manifest: `tables.Manifest`.
        build: version of the artefact, empty for the newest.
        record: lineage record of the run that made it, with the parameters `upstream` of it; empty if none.
    """

    variant: str
    manifest: pd.DataFrame
    build: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`variant`, or `variant@build`."""
        return f"{self.variant}@{self.build}" if self.build else self.variant


Line = tuple[str, str, str]
"""What it is, before, after."""


def provenance_lines(audit: ManifestComparison, before: AuditSide, after: AuditSide) -> list[Line]:
    """Variant, fingerprint, sources, and the run behind each manifest."""
    sources = [
        ", ".join(
            f"{row['source']} {row['source_version'][:16]} ({row[side]:,})"
            for row in audit.sources.to_dict("records")
            if row[side]
        )
        for side in ("before", "after")
    ]
    return [
        ("variant", before.variant, after.variant),
        ("build", before.build or "newest", after.build or "newest"),
        ("fingerprint", *audit.fingerprints),
        ("sources (photographs listed)", sources[0], sources[1]),
        ("code", _code(before.record), _code(after.record)),
        *((label, _told(before.record, key), _told(after.record, key)) for key, label in _FIELDS.items()),
    ]


def parameter_lines(side: AuditSide, other: AuditSide) -> dict[str, str]:
    """The parameters that nodes upstream of the manifest took, by dotted key.

    Where nodes took several values of one parameter, all are told. Keys of the variant itself begin with
    "variant", so that two variants can be compared; those of the other side's variant are left out.
    """
    own, foreign = _of_variant(side.variant), _of_variant(other.variant)
    found: dict[str, list[str]] = {}
    for name, values in side.record.get("upstream", {}).items():
        for key, value in (line for v in values for line in flat_parameters({name: v})):
            if prefix := next((p for p in own if key.startswith(p)), ""):
                found.setdefault(f"variant.{key.removeprefix(prefix)}", []).append(value)
            elif not key.startswith(foreign):
                found.setdefault(key, []).append(value)
    return {key: " and ".join(dict.fromkeys(values)) for key, values in sorted(found.items())}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[Line]:
    """The parameters that are not the same on both sides."""
    keys = sorted({*before, *after})
    lines = [(key, before.get(key, ABSENT), after.get(key, ABSENT)) for key in keys]
    return [line for line in lines if line[1] != line[2]]


def _of_variant(variant: str) -> tuple[str, ...]:
    return f"{variant}.", f"experiments.variants.{variant}."


def _code(record: Mapping[str, Any]) -> str:
    commit = record.get("git_commit")
    if not commit:
        return NOT_RECORDED
    return f"{commit} with changes not committed" if record.get("git_dirty") else str(commit)


def _told(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return NOT_RECORDED if value is None else str(value)
