import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.vectors import RegionEmbeddingsDataset
from landmark_retrieval.reranking.regions import RegionEmbeddings

COUNTS = [3, 0, 5, 1]
VECTORS = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
REGIONS = RegionEmbeddings(VECTORS, np.cumsum([0, *COUNTS]))


class Stream:
    def __init__(self, blocks: list[np.ndarray], n_images: int = 4) -> None:
        self.blocks, self.shape = blocks, (n_images, 4)

    def __iter__(self):
        return iter(self.blocks)


def blocks() -> list[np.ndarray]:
    return [VECTORS[start:end] for start, end in zip(REGIONS.offsets, REGIONS.offsets[1:], strict=False)]


@pytest.mark.parametrize("data", [REGIONS, Stream(blocks())])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_regions_and_streams_come_back_memory_mapped(tmp_path, data, dtype):
    dataset = RegionEmbeddingsDataset(filepath=str(tmp_path / "r"), dtype=dtype, version=Version(None, "v1"))
    dataset.save(data)
    loaded = dataset.load()
    assert isinstance(loaded.vectors, np.memmap)
    assert loaded.vectors.dtype == dtype
    assert loaded.offsets.dtype == np.int64
    np.testing.assert_array_equal(loaded.vectors, VECTORS.astype(dtype))
    assert loaded.offsets.tolist() == [0, 3, 3, 8, 9]
    with pytest.raises(ValueError, match="read-only"):
        loaded.vectors[0] = 0


def test_no_images_are_no_error(tmp_path):
    dataset = RegionEmbeddingsDataset(filepath=str(tmp_path / "r"))
    dataset.save(Stream([], n_images=0))
    assert dataset.load().vectors.shape == (0, 4)
    assert len(dataset.load()) == 0


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Stream(blocks()[:3]), "expected regions of 4 images, found 3"),
        (Stream([*blocks(), VECTORS]), "expected regions of 4 images, found 5"),
        (Stream([VECTORS[:, :3]]), r"block 0 of vectors: expected \(n, 4\), found \(9, 3\)"),
        (Stream([VECTORS, VECTORS[0]]), r"block 1 of vectors: expected \(n, 4\), found \(4,\)"),
        (Stream([VECTORS, VECTORS * np.nan]), "block 1 of vectors: row 0 is not finite"),
    ],
)
def test_a_stream_that_breaks_its_word_leaves_nothing(tmp_path, stream, message):
    dataset = RegionEmbeddingsDataset(filepath=str(tmp_path / "r"), version=Version(None, "v1"))
    with pytest.raises(DatasetError, match=message):
        dataset.save(stream)
    assert list(tmp_path.iterdir()) == []


def test_another_dtype_is_refused(tmp_path):
    with pytest.raises(ValueError, match="float64"):
        RegionEmbeddingsDataset(filepath=str(tmp_path / "r"), dtype="float64")
