"""Datasets that a node takes by keyword, sorted by whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def group_by_prefix(datasets: Mapping[str, Any], last: str) -> dict[str, Any]:
    """Datasets whose name ends in `last`, by what stands before it: variant, benchmark or both."""
    parted = {name.rpartition(".")[::2]: value for name, value in datasets.items()}
    return {owner: value for (owner, kind), value in parted.items() if kind == last}
