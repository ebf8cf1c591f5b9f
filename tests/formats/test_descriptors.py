import io
import pickle

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.descriptors import read_descriptors

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("d.npz", npz(names=np.array(["a", "b", "c"]), X=X)),
        ("d.pkl", pickle.dumps({"names": ["a", "b", "c"], "X": X.astype(np.float64)}, 2)),
    ],
)
def test_names_and_rows_come_as_they_stand(tree, name, data):
    embeddings = read_descriptors(tree.of({name: data}), name)
    assert embeddings.image_ids.tolist() == ["a", "b", "c"]
    assert np.array_equal(embeddings.vectors, X)
    assert embeddings.vectors.dtype == np.float32


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npz(X=X), "expected names"),
        (npz(names=np.array(["a", "b"]), X=X), "do not fit"),
        (npz(names=np.array(["a", "b", "a"]), X=X), "stands twice"),
        (
            npz(names=np.array(["a", "b", "c"]), X=np.where(X[1, 2] == X, np.nan, X)),
            r"X\[1\] \(b\): expected finite",
        ),
        (npz(names=np.array(["a", "b", "c"], dtype=object), X=X), "npz file of plain arrays"),
        (b"PK\x03\x04", "npz file of plain arrays"),
        (b"no", "npz file of plain arrays"),
    ],
)
def test_bad_files_are_named(tree, data, message):
    with pytest.raises(DataError, match=r"d\.npz.*" + message):
        read_descriptors(tree.of({"d.npz": data}), "d.npz")


def test_a_missing_file_is_named(tree):
    with pytest.raises(DataError, match=r"none\.npz"):
        read_descriptors(tree(), "none.npz")
