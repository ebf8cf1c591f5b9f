from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from mlflow.utils.validation import _validate_metric_name, _validate_param_name
from pydantic import BaseModel

from landmark_retrieval.hooks.mlflow_values import (
    LONGEST_KEY,
    LONGEST_PARAMETER,
    flatten,
    history_values,
    legal_key,
    metric_values,
    protocols,
)

pytestmark = pytest.mark.costly


class Step(BaseModel):
    method: str
    alpha: float = 3.0


@dataclass
class Chain:
    steps: tuple[Step, ...]
    note: str | None = None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("mAP@100", "mAP_100"),
        ("gldv2.µAP", "gldv2.µAP"),
        ("a/b:c", "a_b_c"),
        ("x" * 400 + "end", "x" * 247 + "end"),
    ],
)
def test_keys_are_legal(name, key):
    assert legal_key(name) == key
    assert len(key) <= LONGEST_KEY
    _validate_metric_name(key)
    _validate_param_name(key)


def test_nested_settings_become_dotted_leaves():
    chain = Chain((Step(method="sort"), Step(method="alpha_qe", alpha=2)))
    value = {"chain": chain, "scales": [0.5, 1], "empty": {}, "on": True, 3: "text"}
    assert flatten(value, "rerank") == {
        "rerank.chain.steps.0.method": "sort",
        "rerank.chain.steps.0.alpha": "3.0",
        "rerank.chain.steps.1.method": "alpha_qe",
        "rerank.chain.steps.1.alpha": "2.0",
        "rerank.chain.note": "null",
        "rerank.scales": "[0.5, 1]",
        "rerank.empty": "{}",
        "rerank.on": "true",
        "rerank.3": "text",
    }


def test_values_without_a_name_still_have_a_key():
    assert flatten({"k": 1}, "") == {"k": "1"}
    assert flatten(1, "") == {"value": "1"}


def test_long_values_are_cut_and_marked():
    value = flatten("x" * 10_000, "note")["note"]
    assert len(value) == LONGEST_PARAMETER
    assert value.endswith("x…")


def test_metrics_carry_their_intervals():
    table = pd.DataFrame(
        {
            "metric": ["mAP@100", "mAP@100", "GAP"],
            "split": ["Private", "Public", None],
            "value": [0.5, np.nan, 1],
            "low": [0.4, np.nan, np.inf],
            "high": [0.6, np.nan, None],
        }
    )
    assert metric_values(table, "gldv2") == [
        ("gldv2.Private.mAP_100", 0.5, 0),
        ("gldv2.Private.mAP_100.low", 0.4, 0),
        ("gldv2.Private.mAP_100.high", 0.6, 0),
        ("gldv2.GAP", 1.0, 0),
    ]
    assert [value.key for value in metric_values(table[["metric", "value"]], "")] == ["mAP_100", "GAP"]


def test_protocols_are_named_once():
    table = pd.DataFrame({"protocol": ["a", "b", "a"]})
    assert protocols(table, "gldv2") == {"protocol.gldv2": "a; b"}
    assert protocols(table, "") == {"protocol": "a; b"}
    assert protocols(table[[]], "gldv2") == {}


def test_a_history_is_stepped_by_epoch():
    table = pd.DataFrame(
        {"epoch": [1, 2], "loss": [2.0, np.nan], "images": [10, 10], "device": ["cpu", "cpu"]}
    )
    assert history_values(table, "") == [("loss", 2.0, 1), ("images", 10.0, 1), ("images", 10.0, 2)]
    assert history_values(table[:1], "head")[0].key == "head.loss"
