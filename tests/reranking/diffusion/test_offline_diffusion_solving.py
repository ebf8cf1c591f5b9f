import numba
import numpy as np
import pytest
from scipy.sparse.linalg import cg

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion import offline_diffusion_solving
from landmark_retrieval.reranking.diffusion.mutual_graph import mutual_graph, normalised
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import ids_fingerprint

pytestmark = pytest.mark.costly

STEP = OfflineDiffusionStep(n_trunc=40, k_d=12)


def loop_rows(vectors, step):
    """Lists and solutions image by image, on parts of the dense system."""
    n = len(vectors)
    found = search(vectors, vectors, n)
    graph = mutual_graph(found.positions[:, : step.k_d], found.scores[:, : step.k_d], step.gamma)
    graph = normalised(graph)
    system = np.eye(n)
    system[graph.rows, graph.columns] -= step.alpha * graph.weights
    for image in range(n):
        others = [row for row in found.positions[image] if row != image]
        part = [image, *others][: step.n_trunc]
        y = np.eye(len(part))[0]
        f, _ = cg(system[np.ix_(part, part)], y, rtol=step.tolerance, maxiter=step.max_iterations)
        yield part, f


def assert_same(one, other):
    np.testing.assert_array_equal(one.positions, other.positions)
    np.testing.assert_array_equal(one.values, other.values)
    assert one.settings == other.settings


@pytest.fixture
def index(make_inputs):
    """200 images in 20 dimensions, of which the first 20 are repeated, and five more times the very first."""
    embeddings = make_inputs(dim=20).index
    embeddings.vectors[50:55] = embeddings.vectors[0]
    return embeddings


@pytest.mark.parametrize(
    "step",
    [
        STEP,
        STEP.model_copy(update={"n_trunc": 3, "k_d": 4}),
        STEP.model_copy(update={"n_trunc": 1, "k_d": 1}),
        STEP.model_copy(update={"n_trunc": 1_000, "k_d": 500}),
        STEP.model_copy(update={"tolerance": 1e-12, "max_iterations": 500}),
    ],
)
def test_agrees_with_images_solved_one_by_one(index, step):
    rows = solve_rows(index, step)

    assert rows.positions.dtype == np.int32
    for positions, values, (part, f) in zip(
        rows.positions, rows.values, loop_rows(index.vectors, step), strict=True
    ):
        assert positions.tolist() == part
        np.testing.assert_allclose(values, f, atol=1e-6 * f.max())


def test_vector_on_the_circle():
    angles = np.radians([0, 12, 24, 36, 80, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    step = OfflineDiffusionStep(n_trunc=6, k_d=3, tolerance=1e-12, max_iterations=1_000)

    rows = solve_rows(search(vectors, vectors, 6), step)

    row = np.zeros(6)
    row[rows.positions[0]] = rows.values[0]
    np.testing.assert_allclose(row, [17.633448, 23.760855, 23.064265, 16.145809, 0, 0], rtol=1e-6)


def test_an_image_crowded_out_by_duplicates_leads_its_own_list(index):
    step = STEP.model_copy(update={"n_trunc": 4, "k_d": 4})
    assert 54 not in search(index, index, 4).positions[54]

    rows = solve_rows(index, step)

    np.testing.assert_array_equal(rows.positions[:, 0], np.arange(200))


def test_a_ranking_and_embeddings_give_the_same(index):
    ranking = search(index, index, 60)

    one, other = solve_rows(index, STEP), solve_rows(ranking, STEP)

    assert_same(one, other)
    assert one.ids_fingerprint == other.ids_fingerprint == ids_fingerprint(index.image_ids, index.image_ids)


def test_padded_lists():
    ranking = Ranking(
        np.array([[1, 0, -1], [1, -1, -1], [2, 0, 1]]),
        np.array([[1, 1, -np.inf], [1, -np.inf, -np.inf], [1, 0.5, 0.5]], dtype=np.float32),
        3,
    )

    rows = solve_rows(ranking, STEP)

    assert rows.positions.tolist() == [[0, 1, -1], [1, -1, -1], [2, 0, 1]]
    np.testing.assert_allclose(rows.values, [[1, 0, 0], [1, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("shard_rows", [7, 64, 1_000])
def test_shards_and_threads_do_not_matter(index, tmp_path, shard_rows):
    whole = solve_rows(index, STEP)

    assert_same(solve_rows(index, STEP, shard_rows=shard_rows), whole)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert_same(solve_rows(index, STEP, tmp_path / "rows", shard_rows), whole)
    finally:
        numba.set_num_threads(before)


def test_the_result_on_disk_is_memory_mapped_and_found_again(index, tmp_path, monkeypatch):
    first = solve_rows(index, STEP, tmp_path, shard_rows=64)
    assert isinstance(first.positions, np.memmap)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["finished.txt", "positions.npy", "values.npy"]

    monkeypatch.setattr(offline_diffusion_solving, "search", None)
    assert_same(solve_rows(index, STEP, tmp_path, shard_rows=64), first)


@pytest.mark.parametrize("stopped_after", range(8))
def test_a_run_that_was_stopped_is_continued(index, tmp_path, monkeypatch, stopped_after):
    """There are eight shards: four of lists, four of values."""
    whole = solve_rows(index, STEP)
    made, limit = [], stopped_after

    def counted(function):
        def stop_at_the_limit(*arguments):
            if len(made) == limit:
                raise KeyboardInterrupt
            made.append(function.__name__)
            return function(*arguments)

        return stop_at_the_limit

    for name in ("_neighbours", "_values"):
        monkeypatch.setattr(
            offline_diffusion_solving, name, counted(getattr(offline_diffusion_solving, name))
        )

    with pytest.raises(KeyboardInterrupt):
        solve_rows(index, STEP, tmp_path, shard_rows=50)
    assert len(list(tmp_path.glob("*.npz"))) == stopped_after
    limit = None

    assert_same(solve_rows(index, STEP, tmp_path, shard_rows=50), whole)
    assert made == ["_neighbours"] * 4 + ["_values"] * 4


@pytest.mark.parametrize("kind", ["neighbours", "values"])
def test_a_damaged_shard_is_made_anew(index, tmp_path, monkeypatch, kind):
    whole = solve_rows(index, STEP)

    with monkeypatch.context() as patched:
        patched.setattr(offline_diffusion_solving, "_finish", lambda shards, shape, blocks: list(blocks))
        with pytest.raises(FileNotFoundError):
            solve_rows(index, STEP, tmp_path, shard_rows=50)
    damaged = sorted(tmp_path.glob(f"{kind}-*.npz"))[1]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)

    assert_same(solve_rows(index, STEP, tmp_path, shard_rows=50), whole)


@pytest.mark.parametrize("change", [{"alpha": 0.9}, {"n_trunc": 39}, {"k_d": 5}, {}])
def test_what_another_index_or_other_settings_left_is_not_used(index, tmp_path, change):
    other = Embeddings(index.image_ids, index.vectors[::-1] if not change else index.vectors)
    solve_rows(other, STEP.model_copy(update=change), tmp_path, shard_rows=64)

    assert_same(solve_rows(index, STEP, tmp_path, shard_rows=64), solve_rows(index, STEP))


def test_refuses_rankings_that_do_not_fit(index):
    with pytest.raises(DataError, match="expected 40 neighbours, found 30"):
        solve_rows(search(index, index, 30), STEP)
    with pytest.raises(DataError, match="found 10 lists over 200 images"):
        solve_rows(search(index.vectors[:10], index, 40), STEP)
