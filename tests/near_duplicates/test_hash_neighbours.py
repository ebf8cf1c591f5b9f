import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.near_duplicates.groups import DuplicateGroups
from landmark_retrieval.near_duplicates.hash_neighbours import HashPairs, near_hashes

pytestmark = pytest.mark.costly


def naive_pairs(hashes, radius):
    pairs = []
    for i, a in enumerate(hashes.tolist()):
        for j, b in enumerate(hashes.tolist()):
            if i < j and (a ^ b).bit_count() <= radius:
                pairs.append((i, j, (a ^ b).bit_count()))
    return pairs


def rows_of(pairs):
    return [(*row, int(d)) for row, d in zip(pairs.rows.tolist(), pairs.distances, strict=True)]


@pytest.fixture(scope="module")
def hashes():
    """Some at random, some a few bits from another, some with all bits of one half the same."""
    rng = np.random.default_rng(3)
    random = rng.integers(0, 2**64, 120, dtype=np.uint64)
    near = random.copy()
    for _ in range(7):
        near ^= np.uint64(1) << rng.integers(0, 64, 120, dtype=np.uint64)
    crowded = rng.integers(0, 2**12, 80, dtype=np.uint64) << np.uint64(40)
    return rng.permutation(np.unique(np.concatenate([random, near, crowded])))


@pytest.mark.parametrize("radius", range(11))
def test_pairs_are_those_of_the_naive_loop(hashes, radius):
    assert rows_of(near_hashes(hashes, radius, 10**6)) == naive_pairs(hashes, radius)


@pytest.mark.parametrize("step", [1, 10**9])
def test_pairs_do_not_depend_on_how_the_bits_are_cut(hashes, monkeypatch, step):
    expected = rows_of(near_hashes(hashes, 6, 10**6))
    monkeypatch.setattr("landmark_retrieval.near_duplicates.hash_neighbours._STEP_OF_A_LIST", step)
    assert rows_of(near_hashes(hashes, 6, 10**6)) == expected


def test_tasks_with_more_pairs_than_room_are_done_again(hashes, monkeypatch):
    expected = rows_of(near_hashes(hashes, 10, 10**6))
    monkeypatch.setattr("landmark_retrieval.near_duplicates.hash_neighbours._ROOM", 3)
    monkeypatch.setattr("landmark_retrieval.near_duplicates.hash_neighbours._TASKS", 2)
    assert rows_of(near_hashes(hashes, 10, 10**6)) == expected


@pytest.mark.parametrize("n", [0, 1])
def test_one_hash_has_no_pair(n):
    assert near_hashes(np.arange(n, dtype=np.uint64), 10, 10).rows.shape == (0, 2)


def test_the_highest_bit_counts_like_the_others():
    hashes = np.array([0, 1 << 63, (1 << 64) - 1], np.uint64)
    assert rows_of(near_hashes(hashes, 1, 10)) == [(0, 1, 1)]


def test_what_cannot_be_answered_is_refused(hashes):
    with pytest.raises(DataError, match="expected 0 to 10 bits, found 11"):
        near_hashes(hashes, 11, 10)
    with pytest.raises(DataError, match="found one twice"):
        near_hashes(np.array([5, 5], np.uint64), 2, 10)
    found = len(near_hashes(hashes, 10, 10**6).rows)
    assert len(near_hashes(hashes, 10, found).rows) == found
    with pytest.raises(DataError, match="too many pairs"):
        near_hashes(hashes, 10, found - 1)


def naive_group_pairs(groups, splits, max_group):
    """Pairs within groups, by the definition."""
    pairs = set()
    for group in set(groups):
        parts = {}
        for image, (g, split) in enumerate(zip(groups, splits, strict=True)):
            if g == group:
                parts.setdefault(split, []).append(image)
        for a in parts.values():
            for b in parts.values():
                small = max(len(a), len(b)) <= max_group
                pairs |= {(i, j) for i in a for j in b if i < j and (small or a[0] == i or b[0] == j)}
                pairs |= {(j, i) for i in a for j in b if j < i and (small or a[0] == i or b[0] == j)}
    return sorted(pairs)


@pytest.mark.parametrize("max_group", [1, 2, 3, 50])
def test_pairs_within_groups_are_those_of_the_naive_loop(max_group):
    rng = np.random.default_rng(1)
    groups, splits = rng.integers(0, 6, 60), rng.integers(0, 3, 60)
    _, groups = np.unique(groups, return_inverse=True)
    pairs = DuplicateGroups(groups, splits, max_group).within()
    assert list(map(tuple, pairs.rows.tolist())) == naive_group_pairs(groups.tolist(), splits, max_group)
    assert not pairs.distances.any()


def test_a_large_group_gives_as_many_rows_as_images():
    groups, splits = np.zeros(3000, np.int64), np.repeat([0, 1, 2], 1000)
    pairs = DuplicateGroups(groups, splits, 20).within().rows
    assert len(pairs) == 3 * 999 + 3 * 1999
    for split in range(3):
        partners = {row for pair in pairs[(splits[pairs] == split).any(axis=1)] for row in pair}
        assert partners == set(range(3000))


def test_pairs_of_groups_become_pairs_of_images():
    groups = np.array([0, 1, 1, 2, 3, 3, 3])
    splits = np.array([0, 0, 0, 0, 0, 1, 1])
    between = HashPairs.of(np.array([[0, 2], [1, 3], [0, 1]]), np.array([4, 6, 2]))
    pairs = DuplicateGroups(groups, splits, 2).between(between)
    assert rows_of(pairs) == [
        (0, 1, 2), (0, 2, 2), (0, 3, 4),
        (1, 4, 6), (1, 5, 6), (1, 6, 6), (2, 4, 6), (2, 5, 6), (2, 6, 6),
    ]  # fmt: skip
    starred = DuplicateGroups(groups, splits, 1).between(between)
    assert rows_of(starred) == [
        (0, 1, 2), (0, 2, 2), (0, 3, 4),
        (1, 4, 6), (1, 5, 6), (1, 6, 6), (2, 4, 6), (2, 5, 6),
    ]  # fmt: skip
