from collections.abc import Iterator

import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.vectors import EmbeddingsDataset
from landmark_retrieval.embeddings import Embeddings

IDS = np.array([f"image-{i}" for i in range(7)])
VECTORS = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)


class Stream:
    def __init__(
        self, lengths: list[int], ids: np.ndarray = IDS, dim: int = 3, fill: float | None = None
    ) -> None:
        self.image_ids, self.shape = ids, (len(IDS), 3)
        self.lengths, self.dim, self.fill = lengths, dim, fill

    def __iter__(self) -> Iterator[np.ndarray]:
        start = 0
        for length in self.lengths:
            block = np.resize(VECTORS, (100, 3))[start : start + length, : self.dim]
            yield block if self.fill is None else np.full_like(block, self.fill)
            start += length


@pytest.mark.parametrize("data", [Embeddings(IDS, VECTORS), Stream([7]), Stream([3, 0, 1, 3])])
def test_embeddings_and_streams_come_back_memory_mapped_and_read_only(tmp_path, data):
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"), version=Version(None, "v1"))
    dataset.save(data)
    loaded = dataset.load()
    assert isinstance(loaded.vectors, np.memmap)
    assert loaded.vectors.dtype == np.float32
    assert loaded.image_ids.tolist() == IDS.tolist()
    np.testing.assert_array_equal(loaded.vectors, VECTORS)
    with pytest.raises(ValueError, match="read-only"):
        loaded.vectors[0] = 0
    assert sorted(p.name for p in (tmp_path / "e" / "v1" / "e").iterdir()) == [
        "image_ids.parquet",
        "vectors.npy",
    ]


def test_many_rows_are_saved_in_their_order(tmp_path):
    vectors = np.arange(140_000, dtype=np.float32).reshape(-1, 1)
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"))
    dataset.save(Embeddings(np.arange(140_000).astype(str), vectors))
    np.testing.assert_array_equal(dataset.load().vectors, vectors)


def test_float16_halves_the_file_and_rounds(tmp_path):
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"), dtype="float16")
    dataset.save(Stream([4, 3]))
    np.testing.assert_array_equal(dataset.load().vectors, VECTORS.astype(np.float16))


def test_no_images_are_no_error(tmp_path):
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"))
    dataset.save(Embeddings(np.array([], dtype=str), np.zeros((0, 5), np.float32)))
    assert dataset.load().vectors.shape == (0, 5)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Stream([6]), "expected 7 rows of embeddings, found 6"),
        (Stream([7, 1]), "expected 7 rows of embeddings, found 8"),
        (Stream([7], dim=2), r"block 0 of vectors: expected \(n, 3\), found \(7, 2\)"),
        (Stream([7], ids=IDS[:5]), r"do not fit \(5,\) image ids"),
        (Stream([7], ids=np.array(["same"] * 7)), "is repeated among the embeddings"),
        (Stream([3, 4], fill=np.nan), "block 0 of vectors: row 0 is not finite float32"),
    ],
)
def test_a_stream_that_breaks_its_word_leaves_nothing(tmp_path, stream, message):
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"), version=Version(None, "v1"))
    with pytest.raises(DatasetError, match=message):
        dataset.save(stream)
    assert list(tmp_path.iterdir()) == []
    assert not dataset.exists()


def test_what_float16_cannot_hold_is_an_error(tmp_path):
    dataset = EmbeddingsDataset(filepath=str(tmp_path / "e"), dtype="float16")
    with (
        pytest.warns(RuntimeWarning, match="overflow"),
        pytest.raises(DatasetError, match="not finite float16"),
    ):
        dataset.save(Stream([7], fill=1e6))


def test_another_dtype_is_refused(tmp_path):
    with pytest.raises(ValueError, match="float64"):
        EmbeddingsDataset(filepath=str(tmp_path / "e"), dtype="float64")
