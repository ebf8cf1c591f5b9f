import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import OfflineDiffusionDataset
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion

ROWS = OfflineDiffusion(
    np.array([[0, 2], [1, -1], [2, 0]], dtype=np.int32),
    np.array([[3, 0.5], [1, 0], [2, 0.5]], dtype=np.float32),
    settings='{"k_d": 2}',
    ids_fingerprint="3f2a",
)


@pytest.mark.parametrize("version", [None, Version(None, "v1")])
def test_rows_come_back_memory_mapped(tmp_path, version):
    dataset = OfflineDiffusionDataset(filepath=str(tmp_path / "r"), version=version)
    dataset.save(ROWS)
    loaded = dataset.load()

    for name in ("positions", "values"):
        array = getattr(loaded, name)
        np.testing.assert_array_equal(array, getattr(ROWS, name))
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable
    assert (loaded.settings, loaded.ids_fingerprint) == (ROWS.settings, ROWS.ids_fingerprint)


def test_a_file_that_was_cut_off_is_noticed(tmp_path):
    dataset = OfflineDiffusionDataset(filepath=str(tmp_path / "r"))
    dataset.save(ROWS)
    path = tmp_path / "r" / "values.npy"
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(DatasetError):
        dataset.load()
