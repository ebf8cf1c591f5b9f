import numpy as np

from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.expansion.query_expansion import AQE, AlphaQE
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.reranking.shared_prefixes import Segment, share_prefixes


class Augmenting(KNN):
    """A step whose ranking alone does not say how to go on."""

    @property
    def changes_inputs(self):
        return True


def test_a_chain_goes_on_from_the_longest_chain_it_begins_with():
    segments = share_prefixes(
        {
            "all": [KNN(), AlphaQE(), SortStep(), InsertStep()],
            "knn": [KNN()],
            "alpha_qe": [KNN(), AlphaQE()],
        }
    )

    assert segments == {
        "knn": Segment(None, "knn", 0, 1),
        "alpha_qe": Segment("knn", "alpha_qe", 1, 2),
        "all": Segment("alpha_qe", "all", 2, 4),
    }


def test_an_unnamed_beginning_is_run_once():
    segments = share_prefixes(
        {
            "low": [KNN(), SortStep(), InsertStep(threshold=0.0)],
            "high": [KNN(), SortStep(), InsertStep(threshold=1.2)],
            "knn-sort_step": [KNN(k=5)],
        }
    )

    assert segments == {
        "low": Segment("knn-sort_step-2", "low", 2, 3),
        "high": Segment("knn-sort_step-2", "high", 2, 3),
        "knn-sort_step-2": Segment(None, "low", 0, 2),
        "knn-sort_step": Segment(None, "knn-sort_step", 0, 1),
    }


def test_equal_chains_are_one():
    segments = share_prefixes({"one": [KNN(), AQE()], "other": [KNN(), AQE()]})

    assert segments == {"one": Segment(None, "one", 0, 2), "other": Segment("one", "other", 2, 2)}


def test_nothing_goes_on_from_changed_inputs():
    segments = share_prefixes(
        {"changed": [Augmenting()], "more": [Augmenting(), AQE()], "other": [Augmenting(), SortStep()]}
    )

    assert {name: segment.after for name, segment in segments.items()} == dict.fromkeys(
        ["changed", "more", "other"]
    )


def test_links_give_what_the_whole_chains_give(make_inputs):
    inputs = make_inputs()
    chains = {
        "knn": (KNN(),),
        "low": (KNN(), AQE(n=3), SortStep(), InsertStep(threshold=0.0)),
        "high": (KNN(), AQE(n=3), SortStep(), InsertStep(threshold=1.0)),
        "twin": (KNN(), AQE(n=3), SortStep(), InsertStep(threshold=1.0)),
    }
    segments = share_prefixes(chains)

    def run(name):
        segment = segments[name]
        steps = chains[segment.ablation][segment.start : segment.stop]
        return apply_chain(steps, None if segment.after is None else run(segment.after), inputs)

    for name, steps in chains.items():
        expected = apply_chain(steps, None, inputs)
        np.testing.assert_array_equal(run(name).positions, expected.positions)
        np.testing.assert_array_equal(run(name).scores, expected.scores)
