import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.training.aspect_batches import aspect_batches


def by_loop(groups: list[int], batch_size: int, order: list[int]) -> list[list[int]]:
    """Photographs drawn one after the other; a batch leaves its group's tray when it is full."""
    batches = []
    for group in set(groups):
        drawn = [row for row in order if groups[row] == group]
        full = [drawn[i : i + batch_size] for i in range(0, len(drawn), batch_size)]
        batches += [batch for batch in full if len(batch) == batch_size] or [b for b in full if len(b) > 1]
    return sorted(batches, key=lambda batch: order.index(batch[0]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "n_groups", "batch_size"), [(100, 5, 8), (30, 3, 32), (64, 1, 8), (17, 5, 4)])
def test_agrees_with_a_loop(n: int, n_groups: int, batch_size: int, seed: int) -> None:
    groups = np.random.default_rng(1).integers(0, n_groups, n)
    batches = aspect_batches(groups, batch_size, np.random.default_rng(seed))
    order = np.random.default_rng(seed).permutation(n).tolist()
    assert [batch.tolist() for batch in batches] == by_loop(groups.tolist(), batch_size, order)


def test_a_batch_has_one_group_and_no_photograph_twice() -> None:
    groups = np.random.default_rng(0).integers(0, 4, 200)
    batches = aspect_batches(groups, 16, np.random.default_rng(0))
    rows = np.concatenate(batches)
    assert len(np.unique(rows)) == len(rows)
    assert all(len(batch) == 16 and len(np.unique(groups[batch])) == 1 for batch in batches)


def test_their_number_is_the_same_in_every_epoch() -> None:
    groups = np.random.default_rng(0).integers(0, 5, 123)
    assert len({len(aspect_batches(groups, 8, np.random.default_rng(seed))) for seed in range(20)}) == 1


def test_the_rest_of_a_group_is_dropped() -> None:
    batches = aspect_batches(np.zeros(10, np.int64), 4, np.random.default_rng(0))
    assert [len(batch) for batch in batches] == [4, 4]


def test_a_small_group_keeps_its_only_batch() -> None:
    batches = aspect_batches(np.array([0] * 8 + [1] * 3 + [2]), 8, np.random.default_rng(0))
    assert sorted(len(batch) for batch in batches) == [3, 8]


@pytest.mark.parametrize("groups", [[], [0], [0, 1, 2]])
def test_no_batch_at_all_is_an_error(groups: list[int]) -> None:
    with pytest.raises(DataError, match=f"{len(groups)} photographs make no batch"):
        aspect_batches(np.asarray(groups, np.int64), 8, np.random.default_rng(0))
