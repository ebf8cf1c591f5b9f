import subprocess
import sys

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.chain import Step, apply_chain
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep

STEPS = TypeAdapter(tuple[Step, ...])
PAPER = [
    {"method": "knn", "k": 30},
    {"method": "aqe"},
    {"method": "alpha_qe", "alpha": 2.5, "k": 30},
    {"method": "sort_step"},
    {"method": "insert_step", "threshold": 0.7, "depth": 40},
]


def test_steps_are_data_and_come_back_as_data():
    steps = STEPS.validate_python(PAPER)

    assert [step.method for step in steps] == [step["method"] for step in PAPER]
    assert steps[4] == InsertStep(threshold=0.7, depth=40)
    assert STEPS.validate_python(STEPS.dump_python(steps)) == steps
    assert len({*steps, *STEPS.validate_python(PAPER)}) == 5


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ({"method": "magic"}, "magic"),
        ({"method": "knn", "depth": 3}, "knn.depth"),
        ({"method": "alpha_qe", "n": 0}, "alpha_qe.n"),
        ({"method": "insert_step", "threshold": "high"}, "insert_step.threshold"),
        ({"k": 3}, "method"),
    ],
)
def test_what_is_unknown_is_named(step, name):
    with pytest.raises(ValidationError, match=name):
        STEPS.validate_python([step])


def test_a_chain_is_its_steps_one_after_another(make_inputs):
    inputs = make_inputs()
    steps = [KNN(k=30), SortStep(), InsertStep(depth=40)]

    whole = apply_chain(steps, None, inputs)

    ranking = None
    for step in steps:
        ranking = apply_chain([step], ranking, inputs)
    np.testing.assert_array_equal(whole.positions, ranking.positions)
    np.testing.assert_array_equal(whole.scores, ranking.scores)
    assert whole.ids_fingerprint == inputs.ids_fingerprint


def test_every_method_gives_a_ranking_of_the_same_images(make_inputs):
    inputs = make_inputs()

    ranking = apply_chain(STEPS.validate_python(PAPER), None, inputs)

    assert (ranking.n_queries, ranking.n_index, ranking.ids_fingerprint) == (30, 200, inputs.ids_fingerprint)
    assert ranking.depth == 40


def test_what_cannot_start_is_refused(make_inputs):
    inputs = make_inputs()

    with pytest.raises(DataError, match="found neither"):
        apply_chain([], None, inputs)
    with pytest.raises(DataError, match="insert_step: needs a ranking"):
        apply_chain([InsertStep()], None, inputs)
    with pytest.raises(DataError, match="is of 7 queries and 200"):
        apply_chain([SortStep()], KNN().apply(None, make_inputs(n_queries=7)), inputs)


@pytest.mark.costly
def test_reading_a_chain_does_not_load_the_heavy_libraries():
    heavy = {"torch", "faiss", "numba", "scipy", "cv2"}
    code = f"import sys, landmark_retrieval.reranking.chain; print({heavy} & set(sys.modules))"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "set()"
