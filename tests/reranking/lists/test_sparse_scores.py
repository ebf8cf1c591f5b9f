import numpy as np
import pytest

from landmark_retrieval.reranking.lists.sparse_scores import rank_by_sparse_scores


def loop_rank(listed, scores, depth):
    """Reached rows by (score, rank before, row), then the rest of the list."""
    listed = [row for row in listed.tolist() if row >= 0]
    rank = {row: place for place, row in enumerate(listed)}
    reached = [row for row in range(len(scores)) if scores[row] > 0]
    reached.sort(key=lambda row: (-scores[row], rank.get(row, len(scores)), row))
    return (reached + [row for row in listed if row not in reached])[:depth]


def unpadded(ranking):
    return [row[row >= 0].tolist() for row in ranking.positions]


@pytest.mark.parametrize("depth", [1, 5, 12, 40])
def test_agrees_with_lists_sorted_one_by_one(make_ranking, depth):
    ranking = make_ranking(0, 50, 30, 8)
    scores = np.random.default_rng(1).integers(-2, 4, (50, 30)).astype(float)

    blocks = [(np.arange(30)[None], scores[:20]), (np.arange(30)[None], scores[20:])]
    ranked = rank_by_sparse_scores(ranking, iter(blocks), depth)

    expected = [loop_rank(*row, depth) for row in zip(ranking.positions, scores, strict=True)]
    assert unpadded(ranked) == expected
    assert ranked.depth == min(depth, 30)


def test_scored_images_may_come_as_padded_lists(make_ranking):
    ranking = make_ranking(2, 20, 30, 8)
    rng = np.random.default_rng(3)
    images = np.stack([rng.permutation(30)[:10] for _ in range(20)])
    scores = rng.integers(0, 4, (20, 10)).astype(np.float32)
    images[:, 7:], scores[:, 7:] = -1, 0

    ranked = rank_by_sparse_scores(ranking, [(images, scores)], 30)

    everywhere = np.zeros((20, 31))
    np.put_along_axis(everywhere, images, scores, axis=1)
    expected = [loop_rank(*row, 30) for row in zip(ranking.positions, everywhere[:, :30], strict=True)]
    assert unpadded(ranked) == expected


def test_nothing_reached_changes_nothing(make_ranking):
    ranking = make_ranking(4, 20, 30, 8)

    ranked = rank_by_sparse_scores(ranking, [(np.arange(30)[None], np.zeros((20, 30)))], 8)

    np.testing.assert_array_equal(ranked.positions, ranking.positions)
    np.testing.assert_array_equal(ranked.scores, ranking.scores)
