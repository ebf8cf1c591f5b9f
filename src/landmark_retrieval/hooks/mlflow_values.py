"""Parameters and metrics in the form MLflow takes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    import pandas as pd

LONGEST_KEY = 250
LONGEST_PARAMETER = 6000
LONGEST_TAG = 8000


class MetricValue(NamedTuple):
    """One point of a metric."""

    key: str
    value: float
    step: int = 0


def legal_key(name: str) -> str:
    """`name` as a key: `mAP@100` becomes `mAP_100`; a long one keeps its end, the most specific part."""
    return re.sub(r"[^\w.\- ]", "_", name)[-LONGEST_KEY:]


def shorten(text: str, longest: int) -> str:
    """The beginning of a text that is too long, marked as such."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def flatten(value: Any, key: str) -> dict[str, str]:
    """Leaves of nested mappings, settings objects and lists of those, by dotted keys below `key`."""
    return dict(_leaves(to_jsonable_python(value, fallback=str), key))


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        value = dict(enumerate(value))
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}" if key else str(name))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield legal_key(key or "value"), shorten(text, LONGEST_PARAMETER)


def metric_values(metrics: pd.DataFrame, benchmark: str) -> list[MetricValue]:
    """A table `metric, split, value, low, high` as `benchmark.split.metric`, with `.low` and `.high`.

    What is not a number is left out, as are an empty benchmark or split.
    """
    found = []
    for row in metrics.to_dict("records"):
        parts = (benchmark, row.get("split"), row["metric"])
        key = ".".join(part for part in parts if isinstance(part, str) and part)
        for suffix, column in (("", "value"), (".low", "low"), (".high", "high")):
            if _is_number(row.get(column)):
                found.append(MetricValue(legal_key(key + suffix), float(row[column])))
    return found


def protocols(metrics: pd.DataFrame, benchmark: str) -> dict[str, str]:
    """What the numbers of a table of metrics were computed by, as a tag."""
    if "protocol" not in metrics:
        return {}
    return {f"protocol.{benchmark}" if benchmark else "protocol": "; ".join(metrics["protocol"].unique())}


def history_values(history: pd.DataFrame, prefix: str) -> list[MetricValue]:
    """Every column of numbers of a training history, one step per `epoch`."""
    return [
        MetricValue(
            legal_key(f"{prefix}.{column}" if prefix else str(column)), float(value), int(row["epoch"])
        )
        for row in history.to_dict("records")
        for column, value in row.items()
        if column != "epoch" and _is_number(value)
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
