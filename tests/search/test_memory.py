import tracemalloc

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact_search import exact_search_memory, queries_at_once, search
from landmark_retrieval.search.memory import GIB, Estimate, available_bytes

ESTIMATE = Estimate(
    "the search", {"lists": GIB, "block": 3 * GIB}, {"lists": "fewer", "block": "smaller blocks"}
)


def test_what_fits_is_allowed_and_what_does_not_is_refused_with_a_remedy():
    ESTIMATE.require(4.0)
    with pytest.raises(DataError) as refused:
        ESTIMATE.require(3.9)
    assert str(refused.value) == (
        "the search takes 4.00 GiB (lists 1.00, block 3.00), but 3.90 GiB are allowed: smaller blocks"
    )
    with pytest.raises(DataError, match="are free: fewer"):
        Estimate("much", {"lists": 2**60}, {"lists": "fewer"}).require()


@pytest.fixture
def system(tmp_path):
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal:  900 kB\nMemAvailable:   500 kB\n")
    (tmp_path / "cgroup").mkdir()

    def limits(membership, files):
        (tmp_path / "proc" / "self" / "cgroup").write_text(membership)
        for name, content in files.items():
            (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "cgroup" / name).write_text(content)
        return available_bytes(tmp_path / "proc", tmp_path / "cgroup")

    return limits


def test_free_memory_without_a_control_group(system):
    assert system("", {}) == 500 * 1024


def test_the_tightest_control_group_counts(system):
    files = {
        "a/b/memory.max": "max\n",
        "a/b/memory.current": "10\n",
        "a/memory.max": "300000\n",
        "a/memory.current": "250000\n",
        "a/memory.stat": "anon 1\ninactive_file 7000\n",
        "memory.max": "900000\n",
        "memory.current": "300000\n",
    }
    assert system("0::/a/b\n", files) == 300_000 - 250_000 + 7_000


def test_control_groups_of_version_1(system):
    files = {"memory/x/memory.limit_in_bytes": "4096\n", "memory/x/memory.usage_in_bytes": "5000\n"}
    assert system("5:cpu:/x\n4:memory,hugetlb:/x\n", files) == 0


def test_a_silent_system_sets_no_limit(tmp_path):
    assert available_bytes(tmp_path, tmp_path) is None


@pytest.mark.parametrize(
    ("n_queries", "n_index", "dim", "k", "block_rows"),
    [(3_000, 4_000, 64, 50, 1_000), (200, 20_000, 64, 1_000, 20_000), (400, 3_000, 16, 2_900, 1_000)],
)
@pytest.mark.parametrize(
    ("backend", "scan"), [("tiled", "bfloat16"), ("tiled", "float32"), ("faiss", "float32")]
)
def test_a_search_takes_no_more_than_estimated(n_queries, n_index, dim, k, block_rows, backend, scan):
    rng = np.random.default_rng(0)
    queries, index = (rng.standard_normal((n, dim)).astype(np.float32) for n in (n_queries, n_index))
    search(queries[:20], index, k, backend, block_rows=block_rows, scan=scan)

    tracemalloc.start()
    search(queries, index, k, backend, block_rows=block_rows, scan=scan)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    estimate = exact_search_memory(n_queries, n_index, dim, k, block_rows)
    assert (estimate.total - estimate.parts["threads"]) / 8 < peak < estimate.total


def test_memory_for_candidates_is_bounded_whatever_the_number_of_queries():
    for k, n_index in ((100, 761_757), (1_000, 4_132_914), (761_757, 761_757)):
        candidates = [
            exact_search_memory(n, n_index, 512, k, 65_536).parts["candidates"] for n in (10**5, 10**7)
        ]
        assert candidates[0] == candidates[1] < 2 * GIB
        assert queries_at_once(k, n_index) >= 16
