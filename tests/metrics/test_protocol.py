import numpy as np
import pytest

from landmark_retrieval.metrics.gldv2_retrieval import average_precision
from landmark_retrieval.metrics.protocol import (
    GAP,
    GLDV2_RETRIEVAL,
    REVISITED,
    REVISITED_EASY,
    REVISITED_HARD,
    REVISITED_MEDIUM,
)
from landmark_retrieval.metrics.revisited import trapezoidal_ap


def correct_at(ranks: list[int], depth: int) -> np.ndarray:
    row = np.zeros((1, depth), dtype=bool)
    row[0, [rank for rank in ranks if rank < depth]] = True
    return row


def test_one_positive_at_the_second_place_is_two_numbers():
    assert average_precision(correct_at([1], 100), np.array([1]))[0] == 0.5
    assert trapezoidal_ap(np.array([1]), 1) == 0.25


def test_map_is_at_least_five_numbers():
    ranks, n_relevant = [0, 4, 149], np.array([3])
    ours = {
        "finite sum": average_precision(correct_at(ranks, 1000), n_relevant)[0],
        "trapezoid": trapezoidal_ap(np.array(ranks), 3),
        "mAP@100": average_precision(correct_at(ranks, 100), n_relevant)[0],
    }
    assert ours == pytest.approx({"finite sum": 0.4733, "trapezoid": 0.4472, "mAP@100": 0.4667}, abs=5e-5)
    divided_by_hits, map_at_r = (1 / 1 + 2 / 5) / 2, (1 / 1) / 3
    assert (divided_by_hits, map_at_r) == pytest.approx((0.7, 0.3333), abs=5e-5)
    assert np.abs(np.subtract.outer(list(ours.values()), [divided_by_hits, map_at_r])).min() > 0.05


def test_different_protocols_print_differently():
    protocols = [GLDV2_RETRIEVAL, GAP, *REVISITED, REVISITED_EASY.on("RParis6k", "whole image")]
    assert len({str(protocol) for protocol in protocols}) == len(protocols)


@pytest.mark.parametrize("protocol", [REVISITED_EASY, REVISITED_MEDIUM, REVISITED_HARD])
def test_another_release_changes_only_the_release(protocol):
    moved = protocol.on("RParis6k")
    assert moved.on(protocol.release) == protocol
    assert "RParis6k" in str(moved)
    assert protocol.crop in str(moved)


def test_shorter_lists_are_said_to_be_shorter():
    assert "depth: the whole ranking" in str(REVISITED_HARD)
    assert "depth: the first 100;" in str(REVISITED_HARD.on("ROxford5k", depth=100))
