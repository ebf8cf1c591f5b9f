import pickle

import pytest
import torch
from safetensors.torch import save_file

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.kornia_extractor import WRAPPERS
from landmark_retrieval.models.tensor_files import read_tensors

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.zeros(2)}


def assert_same(found):
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[key], TENSORS[key]) for key in TENSORS)


def test_both_formats_are_read(tmp_path):
    save_file(TENSORS, tmp_path / "a.safetensors")
    torch.save(TENSORS, tmp_path / "a.pth")
    assert_same(read_tensors(tmp_path / "a.safetensors"))
    assert_same(read_tensors(tmp_path / "a.pth"))


@pytest.mark.parametrize("key", WRAPPERS)
def test_what_training_programs_put_around_is_taken_off(tmp_path, key):
    torch.save({key: TENSORS, "epoch": 7}, tmp_path / "a.pth")
    assert_same(read_tensors(tmp_path / "a.pth", WRAPPERS))
    with pytest.raises(DataError, match="does not hold a dictionary"):
        read_tensors(tmp_path / "a.pth")


class Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no weights at"),
        (b"", "cannot be read"),
        (pickle.dumps(Evil(), 2), "cannot be read"),
        ([1, 2], "does not hold a dictionary"),
        ({"epoch": 7}, "does not hold a dictionary"),
    ],
    ids=["missing", "empty", "code", "a list", "no tensors"],
)
def test_anything_else_is_refused_and_not_run(tmp_path, content, complaint):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(
        DataError, match=rf"{complaint}.*" if content is None else rf"weights\.pth {complaint}"
    ):
        read_tensors(path, WRAPPERS)
