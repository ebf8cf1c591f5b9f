import numba
import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.graphs.traversal import symmetric_graph, traverse

pytestmark = pytest.mark.costly

PREBUILD = [
    "q,a 0.90 b 0.60 c 0.30",
    "a,d 0.80 b 0.55",
    "b,e 0.70 a 0.55",
    "c,f 0.95 e 0.20",
    "d,a 0.80 f 0.10",
    "e,b 0.70 f 0.50",
    "f,c 0.95 e 0.50",
]
ONE_WAY = ["q,a 0.9", "a,b 0.8", "b,a 0.8", "c,a 0.7", "d,a 0.6"]


def parse(lines, k=3):
    """Other ends and weights of each line, `(n_lines, k)`; the first line is the query's."""
    names = [line.split(",")[0] for line in lines[1:]]
    neighbours, weights = np.full((len(lines), k), -1), np.zeros((len(lines), k))
    for row, line in enumerate(lines):
        words = line.split(",")[1].split()
        for column, (name, weight) in enumerate(zip(words[::2], words[1::2], strict=True)):
            neighbours[row, column], weights[row, column] = names.index(name), float(weight)
    return names, neighbours, weights


def names_found(lines, t, p=100):
    names, neighbours, weights = parse(lines)
    ranking = traverse(neighbours[:1], weights[:1], symmetric_graph(neighbours[1:], weights[1:]), t, p)
    return "".join(names[row] for row in ranking.positions[0] if row >= 0)


@pytest.mark.parametrize(("t", "order"), [(np.inf, "adbefc"), (0.4, "abdefc"), (0, "abcfde")])
def test_finds_in_the_order_of_the_reference_code(t, order):
    assert names_found(PREBUILD, t) == order
    assert names_found(PREBUILD, t, p=4) == order[:4]


def test_without_edges_of_the_images_it_finds_the_neighbours_of_the_query():
    _, neighbours, weights = parse(PREBUILD)
    graph = symmetric_graph(np.full((6, 3), -1), np.zeros((6, 3)))

    ranking = traverse(neighbours[:1], weights[:1], graph, np.inf, 100)

    assert ranking.positions.tolist() == [[0, 1, 2, -1, -1, -1]]


def test_an_edge_leads_both_ways_whoever_lists_it():
    assert names_found(ONE_WAY, np.inf) == "abcd"


def test_scores_are_the_lightest_edge_so_far():
    _, neighbours, weights = parse(PREBUILD)
    graph = symmetric_graph(neighbours[1:], weights[1:])

    scores = traverse(neighbours[:1], weights[:1], graph, np.inf, 100).scores

    assert scores.tolist() == [np.float32([0.9, 0.8, 0.6, 0.6, 0.5, 0.5]).tolist()]


def test_the_larger_of_two_weights_holds_for_both_ends():
    lists, weights = np.array([[1, 2], [0, -1], [-1, -1]]), np.array([[0.2, 0.5], [0.7, 0], [0, 0]])

    graph = symmetric_graph(lists, weights)

    ranking = traverse(np.array([[0], [1], [2]]), np.ones((3, 1)), graph, np.inf, 3)
    assert ranking.positions.tolist() == [[0, 1, 2], [1, 0, 2], [2, 0, 1]]
    assert ranking.scores.tolist() == np.float32([[1, 0.7, 0.5], [1, 0.7, 0.5], [1, 0.5, 0.5]]).tolist()


def adjacency_of(lists, weights):
    rows = [{} for _ in lists]
    for i in range(len(lists)):
        for j, weight in zip(lists[i], weights[i], strict=True):
            if j >= 0:
                for one, other in ((i, j), (j, i)):
                    rows[one][other] = max(weight, rows[one].get(other, -np.inf))
    return [sorted(row.items(), key=lambda edge: (-edge[1], edge[0])) for row in rows]


def walk(seeds, adjacency, t, p):
    """A list that is looked through from end to end, and nothing is ever thrown away before its time."""
    stored, waiting, found, lightest = {}, [], [], []
    explored = [seeds]
    while len(found) < p:
        for node, weight in [edge for row in explored for edge in row]:
            if node not in found and weight > stored.get(node, -np.inf):
                waiting = [entry for entry in waiting if entry[1] != node] + [(weight, node)]
                stored[node] = weight
        explored = []
        while waiting and len(found) < p:
            weight, node = max(waiting, key=lambda entry: entry[0])  # the first of equal ones
            if explored and weight <= t:
                break
            waiting.remove((weight, node))
            found.append(node)
            lightest.append(min([weight, *lightest]))
            explored.append(adjacency[node])
        if not explored:
            break
    return found, lightest


def random_world(seed, n=60, k=6, n_queries=40):
    """Lists with few different weights, of random length; some nodes have no edge at all."""
    rng = np.random.default_rng(seed)
    lists = np.stack([rng.permutation(np.delete(np.arange(n), i))[:k] for i in range(n)])
    lists[rng.random((n, k)) < 0.4] = -1
    alone = rng.random(n) < 0.15
    lists[alone] = -1
    lists[np.isin(lists, np.flatnonzero(alone))] = -1
    seeds = np.stack([rng.permutation(n)[:k] for _ in range(n_queries)])
    seeds[rng.random((n_queries, k)) < 0.3] = -1
    return lists, rng.integers(-4, 5, (n, k)) / 4, seeds, rng.integers(-4, 5, (n_queries, k)) / 4


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("p", [1, 7, 100])
@pytest.mark.parametrize("t", [-np.inf, -0.5, 0, 0.5, np.inf])
def test_walks_as_a_plain_loop_does(seed, p, t):
    lists, weights, seeds, seed_weights = random_world(seed)
    adjacency = adjacency_of(lists, weights)

    ranking = traverse(seeds, seed_weights, symmetric_graph(lists, weights), t, p)

    for query in range(len(seeds)):
        edges = zip(seeds[query].tolist(), seed_weights[query].tolist(), strict=True)
        edges = sorted([edge for edge in edges if edge[0] >= 0], key=lambda edge: -edge[1])
        found, lightest = walk(edges, adjacency, t, p)
        n_found = ranking.lengths[query]
        assert ranking.positions[query, :n_found].tolist() == found
        assert ranking.scores[query, :n_found].tolist() == lightest


def test_neither_threads_nor_the_order_of_the_queries_matter():
    lists, weights, seeds, seed_weights = random_world(9)
    graph = symmetric_graph(lists, weights)
    whole = traverse(seeds, seed_weights, graph, 0.25, 30)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = traverse(seeds[::-1], seed_weights[::-1], symmetric_graph(lists, weights), 0.25, 30)
    finally:
        numba.set_num_threads(threads)

    np.testing.assert_array_equal(whole.positions, alone.positions[::-1])
    np.testing.assert_array_equal(whole.scores, alone.scores[::-1])


def test_other_row_numbers_change_nothing_else():
    lists, _, seeds, _ = random_world(4)
    rng = np.random.default_rng(4)
    weights, seed_weights = rng.random(lists.shape), rng.random(seeds.shape)
    new = rng.permutation(len(lists))
    old = np.argsort(new)

    before = traverse(seeds, seed_weights, symmetric_graph(lists, weights), 0.6, 60).positions
    renamed = symmetric_graph(np.where(lists < 0, -1, new[lists])[old], weights[old])
    after = traverse(np.where(seeds < 0, -1, new[seeds]), seed_weights, renamed, 0.6, 60).positions

    np.testing.assert_array_equal(np.where(before < 0, -1, new[before]), after)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(bad):
    lists, weights = np.array([[1], [0]]), np.array([[bad], [1.0]])

    with pytest.raises(DataError, match="finite weights"):
        symmetric_graph(lists, weights)
    with pytest.raises(DataError, match="finite weights"):
        traverse(lists, weights, symmetric_graph(lists, np.ones((2, 1))), 0, 2)
