import numpy as np
import pytest
from scipy.spatial import cKDTree

from landmark_retrieval.verification.matching import MatchingSettings, match
from landmark_retrieval.verification.products import PreparedDescriptors


def mutual(max_distance, ratio):
    return MatchingSettings(method="product", mutual=True, max_distance=max_distance, ratio=ratio)


def unit(n, dim, rng):
    vectors = rng.normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def views(n, dim, rng, as_bytes):
    """Descriptors of two pictures, some of both; with repeated ones, which are ties."""
    first = rng.gamma(0.4, size=(n, dim)) if as_bytes else rng.normal(size=(n, dim))
    second = np.concatenate([first[: n // 2] + rng.normal(0, 0.15, (n // 2, dim)), rng.normal(size=(n, dim))])
    first[-2:], second[-3:] = first[:1], second[:1]
    first, second = (np.abs(x) if as_bytes else x for x in (first, second))
    first, second = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (first, second))
    if as_bytes:
        return [np.minimum(np.round(512 * np.sqrt(x / 2)), 255).astype(np.uint8) for x in (first, second)]
    return [x.astype(np.float16) for x in (first, second)]


def as_compared(descriptors):
    """Rounded to 8 bits, if they are floats."""
    return PreparedDescriptors.of(descriptors).unit_rows().astype(float)


def naive_match(first, second, settings):
    """All pairs, one after the other; what is equally near ranks by its row."""
    distance = np.linalg.norm(first[:, None].astype(float) - second[None], axis=2).round(9)
    found = []
    for i in range(len(first)):
        for j in range(len(second)):
            d, across, along = distance[i, j], np.delete(distance[:, j], i), np.delete(distance[i], j)
            nearest = i == distance[:, j].argmin() and (not settings.mutual or j == distance[i].argmin())
            rivals = [*across, *along] if settings.mutual else across
            beats = settings.ratio is None or all(d < settings.ratio * r for r in rivals)
            if nearest and beats and d <= settings.max_distance:
                found.append((d, i, j))
    return [[i, j] for _, i, j in sorted(found)]


@pytest.mark.parametrize("method", ["product", "kd_tree"])
@pytest.mark.parametrize("is_mutual", [True, False])
@pytest.mark.parametrize("ratio", [0.9, 1.0, None])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_every_rule_agrees_with_all_pairs(method, is_mutual, ratio, as_bytes):
    first, second = views(24, 16, np.random.default_rng(1), as_bytes)
    settings = MatchingSettings(method=method, mutual=is_mutual, max_distance=0.8, ratio=ratio)
    expected = naive_match(*(as_compared(side) for side in (first, second)), settings)
    found = match(first, second, settings).tolist()
    assert len(expected) > 5
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("is_mutual", [True, False])
@pytest.mark.parametrize("ratio", [0.85, None])
@pytest.mark.parametrize(("as_bytes", "dim"), [(True, 128), (False, 40)])
def test_tree_and_product_give_identical_matches(is_mutual, ratio, as_bytes, dim):
    first, second = views(150, dim, np.random.default_rng(2), as_bytes)
    by_product = MatchingSettings(method="product", mutual=is_mutual, max_distance=0.9, ratio=ratio)
    by_tree = by_product.model_copy(update={"method": "kd_tree"})
    found = match(first, second, by_product)
    assert len(found) > 40
    assert match(first, second, by_tree).tolist() == found.tolist()


@pytest.mark.parametrize("method", ["product", "kd_tree"])
def test_the_first_of_many_equal_descriptors_is_matched(method):
    rng = np.random.default_rng(7)
    first, second = unit(60, 40, rng), unit(9, 40, rng)
    first[[5, *range(20, 50)]] = second[3]
    settings = MatchingSettings(method=method, mutual=False, max_distance=0.1, ratio=None)
    assert match(first, second, settings).tolist() == [[5, 3]]
    assert match(second, first, settings.model_copy(update={"mutual": True})).tolist() == [[3, 5]]


@pytest.mark.parametrize("position", [0, 1, 7, 8, 31, 150, 223, 224])
def test_a_descriptor_is_matched_alike_wherever_it_lies(position):
    """Its cosine must not depend on the block of a product that it falls into."""
    rng = np.random.default_rng(8)
    first, second = (np.abs(unit(n, 40, rng)) for n in (150, 225))
    second[position] = first[0]
    second[-1] = first[0]
    settings = MatchingSettings(method="product", mutual=True, max_distance=0.4, ratio=None)
    assert [0, position] in match(first, second, settings).tolist()


def test_one_sided_matches_are_those_of_the_published_code():
    """A kd-tree of the first, and of each descriptor of the second its nearest within the bound."""
    first, second = (x.astype(np.float64) for x in views(60, 40, np.random.default_rng(3), as_bytes=False))
    first = first[:-2]  # without duplicates
    settings = MatchingSettings(method="product", mutual=False, max_distance=0.8, ratio=None)
    distance, rows = cKDTree(first).query(second, distance_upper_bound=0.8)
    expected = [[rows[j], j] for j in np.flatnonzero(np.isfinite(distance))]
    found = match(first.astype(np.float32), second.astype(np.float32), settings)
    assert sorted(found.tolist()) == sorted(expected)
    assert len(np.unique(found[:, 0])) < len(found)


@pytest.mark.parametrize("ratio", [0.9, None])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_exchanging_pictures_of_any_kind_exchanges_the_columns(ratio, as_bytes):
    first, second = views(80, 40, np.random.default_rng(4), as_bytes)
    there, back = (match(*sides, mutual(0.9, ratio)) for sides in ((first, second), (second, first)))
    assert len(there) > 20
    assert sorted(there.tolist()) == sorted(back[:, ::-1].tolist())


@pytest.mark.parametrize("ratio", [0.8, 0.95, 1.0])
@pytest.mark.parametrize("max_distance", [0.9, 2.0])
def test_agrees_with_all_pairs(ratio, max_distance):
    rng = np.random.default_rng(3)
    settings = mutual(max_distance=max_distance, ratio=ratio)
    first = unit(40, 12, rng)
    noisy = first[rng.permutation(40)[:25]] + rng.normal(scale=0.25, size=(25, 12))
    second = np.concatenate([noisy, unit(20, 12, rng)]).astype(np.float32)
    expected = naive_match(as_compared(first), as_compared(second), settings)
    assert len(expected) > 3
    assert match(first, second, settings).tolist() == expected


def test_exchanging_the_pictures_exchanges_the_columns():
    rng = np.random.default_rng(4)
    settings = mutual(max_distance=2, ratio=0.97)
    first, second = unit(50, 8, rng), unit(70, 8, rng)
    there, back = match(first, second, settings), match(second, first, settings)
    assert len(there)
    assert there.tolist() == back[:, ::-1].tolist()


def test_permuting_descriptors_permutes_the_matches():
    rng = np.random.default_rng(5)
    settings = mutual(max_distance=2, ratio=1)
    first, second = unit(30, 8, rng), unit(30, 8, rng)
    order = rng.permutation(30)
    permuted = match(first[order], second, settings)
    assert [[order[i], j] for i, j in permuted] == match(first, second, settings).tolist()


def test_a_repeated_descriptor_has_a_rival_as_near_as_itself():
    first = np.eye(4, dtype=np.float32)
    second = np.concatenate([first, first[:1]])
    strict = match(first, second, mutual(max_distance=2, ratio=0.99))
    assert strict.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_equal_descriptors_whose_cosine_rounds_above_one_are_rivals():
    rng = np.random.default_rng(6)
    first = np.repeat(unit(200, 16, rng), 2, axis=0)
    assert ((first * first).sum(axis=1) > 1).any()
    assert len(match(first, first, mutual(max_distance=2, ratio=0.8))) == 0
    assert len(match(first[::2], first, mutual(max_distance=2, ratio=0.8))) == 0


def test_two_equally_near_matches_are_none():
    first = np.repeat(np.eye(3, dtype=np.float32), [1, 2, 1], axis=0)
    found = match(np.eye(3, dtype=np.float32), first, mutual(max_distance=2, ratio=1))
    assert found.tolist() == [[0, 0], [2, 3]]
    assert len(match(first[1:3], first[1:3], mutual(max_distance=2, ratio=1))) == 0


@pytest.mark.parametrize(("n", "m"), [(0, 5), (5, 0), (0, 0)])
def test_nothing_matches_nothing(n, m):
    found = match(np.zeros((n, 8), np.float32), np.zeros((m, 8), np.float32), mutual(max_distance=1, ratio=1))
    assert found.shape == (0, 2)


def test_a_single_descriptor_each_has_no_rival():
    one = np.eye(1, 8, dtype=np.float32)
    assert match(one, one, mutual(max_distance=1, ratio=0.8)).tolist() == [[0, 0]]
