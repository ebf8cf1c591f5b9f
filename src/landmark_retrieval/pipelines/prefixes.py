"""Keyword inputs of nodes, grouped by the prefix of their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def group_by_prefix(datasets: Mapping[str, Any], last: str) -> dict[str, Any]:
    """Inputs whose name ends in `.<last>`, by what comes before it (variant, system, benchmark)."""
    parted = {name.rpartition(".")[::2]: value for name, value in datasets.items()}
    return {owner: value for (owner, kind), value in parted.items() if kind == last}
