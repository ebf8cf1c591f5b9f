import numpy as np
import pytest

from landmark_retrieval.parallel.map_chunks import chunks, map_chunks, thread_count


@pytest.mark.parametrize(
    ("n", "most", "threads"), [(0, 5, 2), (1, 5, 4), (10, 100, 4), (1_000, 64, 3), (7, 1, 2)]
)
def test_chunks_cover_all_rows_once(n, most, threads):
    parts = chunks(n, most, threads)

    assert np.concatenate([np.arange(n)[part] for part in parts]).tolist() == list(range(n))
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1
    assert len(parts) == 1 or len(parts) % threads == 0 or len(parts) == n


def test_every_piece_is_worked_on():
    done = np.zeros(1_000, dtype=int)

    def count(part):
        done[part] += 1

    with map_chunks() as run:
        run(count, 1_000, 7)
        run(count, 1_000, 400)

    assert (done == 2).all()
    assert thread_count() >= 1


def test_what_goes_wrong_in_a_thread_is_raised():
    def fail(part):
        raise ValueError(f"rows from {part.start}")

    with pytest.raises(ValueError, match="rows from 0"), map_chunks() as run:
        run(fail, 10, 2)
