import numpy as np
import pytest

from landmark_retrieval.verification.matching import MatchingSettings, match


def unit(n, dim, rng):
    vectors = rng.normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def naive_match(first, second, settings):
    """All pairs, one after the other."""
    distance = np.linalg.norm(first[:, None].astype(float) - second[None], axis=2)
    found = []
    for i in range(len(first)):
        for j in range(len(second)):
            rivals = [*np.delete(distance[i], j), *np.delete(distance[:, j], i)]
            d = distance[i, j]
            if (
                all(d < r for r in rivals)
                and d <= settings.max_distance
                and all(d <= settings.ratio * r for r in rivals)
            ):
                found.append((d, i, j))
    return [[i, j] for _, i, j in sorted(found)]


@pytest.mark.parametrize("ratio", [0.8, 0.95, 1.0])
@pytest.mark.parametrize("max_distance", [0.9, 2.0])
def test_agrees_with_all_pairs(ratio, max_distance):
    rng = np.random.default_rng(3)
    settings = MatchingSettings(max_distance=max_distance, ratio=ratio)
    first = unit(40, 12, rng)
    noisy = first[rng.permutation(40)[:25]] + rng.normal(scale=0.25, size=(25, 12))
    second = np.concatenate([noisy, unit(20, 12, rng)])
    second = (second / np.linalg.norm(second, axis=1, keepdims=True)).astype(np.float32)
    expected = naive_match(first, second, settings)
    assert len(expected) > 3
    assert match(first, second, settings).tolist() == expected


def test_exchanging_the_pictures_exchanges_the_columns():
    rng = np.random.default_rng(4)
    settings = MatchingSettings(max_distance=2, ratio=0.97)
    first, second = unit(50, 8, rng), unit(70, 8, rng)
    there, back = match(first, second, settings), match(second, first, settings)
    assert len(there)
    assert there.tolist() == back[:, ::-1].tolist()


def test_permuting_descriptors_permutes_the_matches():
    rng = np.random.default_rng(5)
    settings = MatchingSettings(max_distance=2, ratio=1)
    first, second = unit(30, 8, rng), unit(30, 8, rng)
    order = rng.permutation(30)
    permuted = match(first[order], second, settings)
    assert [[order[i], j] for i, j in permuted] == match(first, second, settings).tolist()


def test_a_repeated_descriptor_has_a_rival_as_near_as_itself():
    first = np.eye(4, dtype=np.float32)
    second = np.concatenate([first, first[:1]])
    strict = match(first, second, MatchingSettings(max_distance=2, ratio=0.99))
    assert strict.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_equal_descriptors_whose_cosine_rounds_above_one_are_rivals():
    rng = np.random.default_rng(6)
    first = np.repeat(unit(200, 16, rng), 2, axis=0)
    assert ((first * first).sum(axis=1) > 1).any()
    assert len(match(first, first, MatchingSettings(max_distance=2, ratio=0.8))) == 0
    assert len(match(first[::2], first, MatchingSettings(max_distance=2, ratio=0.8))) == 0


def test_two_equally_near_matches_are_none():
    first = np.repeat(np.eye(3, dtype=np.float32), [1, 2, 1], axis=0)
    found = match(np.eye(3, dtype=np.float32), first, MatchingSettings(max_distance=2, ratio=1))
    assert found.tolist() == [[0, 0], [2, 3]]
    assert len(match(first[1:3], first[1:3], MatchingSettings(max_distance=2, ratio=1))) == 0


@pytest.mark.parametrize(("n", "m"), [(0, 5), (5, 0), (0, 0)])
def test_nothing_matches_nothing(n, m):
    found = match(
        np.zeros((n, 8), np.float32), np.zeros((m, 8), np.float32), MatchingSettings(max_distance=1, ratio=1)
    )
    assert found.shape == (0, 2)


def test_a_single_descriptor_each_has_no_rival():
    one = np.eye(1, 8, dtype=np.float32)
    assert match(one, one, MatchingSettings(max_distance=1, ratio=0.8)).tolist() == [[0, 0]]
