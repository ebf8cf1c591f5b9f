import io
import pickle

import h5py
import numpy as np
import pytest

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.vectors import read_embeddings_file, read_vectors

X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def hdf5(**arrays):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("d.h5", hdf5(ids=["a", "b", "c"], features=X)),
        ("d.npz", npz(names=np.array(["a", "b", "c"]), X=X)),
        ("d.pkl", pickle.dumps({"names": ["a", "b", "c"], "X": X.astype(np.float64)}, 2)),
    ],
)
def test_names_and_rows_come_as_they_stand(tree, name, data):
    embeddings = read_embeddings_file(tree.of({name: data}), name)
    assert embeddings.image_ids.tolist() == ["a", "b", "c"]
    assert np.array_equal(embeddings.vectors, X)
    assert embeddings.vectors.dtype == np.float32


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npz(X=X), "expected names"),
        (npz(names=np.array(["a", "b"]), X=X), "do not fit"),
        (npz(names=np.array(["a", "b", "a"]), X=X), "'a' is repeated"),
        (
            npz(names=np.array(["a", "b", "c"]), X=np.where(X[1, 2] == X, np.nan, X)),
            r"row 1 \(b\): expected finite",
        ),
        (npz(names=np.array(["a", "b", "c"], dtype=object), X=X), "intact .npz file of plain arrays"),
        (b"PK\x03\x04", "intact .npz file of plain arrays"),
        (b"no", "intact .npz file of plain arrays"),
    ],
)
def test_bad_files_are_named(tree, data, message):
    with pytest.raises(DataError, match=r"d\.npz.*" + message):
        read_embeddings_file(tree.of({"d.npz": data}), "d.npz")


def test_a_missing_file_is_named(tree):
    with pytest.raises(DataError, match=r"none\.npz"):
        read_embeddings_file(tree(), "none.npz")


CSV = "image_id,split,landmark_id\nq,query,1\na,index,1\nb,index,\nt,train,1\n"


def test_rows_of_an_array_are_named_by_a_list_or_by_the_order_of_the_images(tree):
    listed = tree.of({"own/index.npy": npy(X[:2]), "own/index.txt": "b \na\n\n"})
    ordered = tree.of({"index.npy": npy(X[:2])})

    np.testing.assert_array_equal(read_vectors(listed, "own", "index", ["a"]).vectors, normalise(X[1:2]))
    np.testing.assert_array_equal(read_vectors(ordered, "any", "index", ["a", "b"]).vectors, normalise(X[:2]))


def test_one_file_holds_the_images_of_all_splits(tree):
    files = tree.of({"descriptors.npy": npy(np.eye(4, dtype=np.float64)), "images.csv": CSV})

    assert read_vectors(files, "any", "index", ["b", "a"]).vectors.tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]
    assert read_vectors(files, "any", "query", ["q"]).vectors.tolist() == [[1, 0, 0, 0]]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({}, "no index vectors of 'mine'"),
        ({"index.npy": npy(X), "index.npz": npz(names=["a"], X=X[:1])}, r"found index.npy and index.npz"),
        ({"index.npy": npy(X), "index.txt": "a\nb\n"}, "3 vectors, but 2 ids"),
        ({"index.npy": npy(X), "index.txt": "a\nb\nb\n"}, "'b' is repeated"),
        ({"index.npy": npy(X[:1]), "index.txt": "a\n"}, "no vector for 1 of 2 index images of 'mine'.*'b'"),
        ({"index.npy": npy(np.zeros((2, 3))), "index.txt": "a\nb\n"}, "the vector of 'a' is zero"),
        ({"index.npy": npy(X[0]), "index.txt": "a\nb\nc\nd\n"}, "expected unique ids .n,. and vectors"),
        ({"descriptors.npy": npy(X)}, "images.csv: no such file"),
        ({"index.npy": npy(X)}, "3 vectors, but 2 ids"),
        ({"index.npy": npy(X[:2] * 1j)}, "complex numbers"),
        ({"index.npy": npy(np.full((2, 3), 1e300))}, "row 0 .a.: expected finite float32"),
        ({"index.npy": b"\x93NUMPY", "index.txt": "a\nb\n"}, "intact .npy file"),
        ({"index.h5": b"HDF"}, "intact .h5 file"),
        (
            {"index.h5": hdf5(ids=["a", "b"], rows=X[:2])},
            "expected names .n,. and X .n, dim., found 'ids'",
        ),
        ({"index.pkl": pickle.dumps([1, 2])}, "expected a mapping"),
    ],
)
def test_vectors_that_cannot_be_used_are_one_clear_error(tree, contents, message):
    with pytest.raises(DataError, match=message):
        read_vectors(tree.of(contents), "mine", "index", ["a", "b"])


def test_a_bare_array_has_the_ids_of_the_whole_list(tree):
    files = tree.of({"mine/train.npy": npy(X)})
    found = read_vectors(files, "mine", "train", ["c", "a"], listed=["a", "b", "c"])
    assert found.image_ids.tolist() == ["c", "a"]
    assert np.array_equal(found.vectors, normalise(X[[2, 0]]))
    with pytest.raises(DataError, match=r"train\.npy: 3 vectors, but 2 ids"):
        read_vectors(files, "mine", "train", ["c", "a"])


def test_vectors_of_no_listed_image_are_refused_where_all_are_known(tree):
    files = tree.of({"train.npz": npz(names=np.array(["a", "b", "c"]), X=X)})
    assert len(read_vectors(files, "mine", "train", ["a", "b"])) == 2
    with pytest.raises(DataError, match=r"train\.npz: 1 vectors of no listed train image, first 'c'"):
        read_vectors(files, "mine", "train", ["a", "b"], complete=True)
    everything = tree.of({"all/descriptors.npz": npz(names=np.array(["a", "b", "c"]), X=X)})
    assert len(read_vectors(everything, "all", "train", ["a", "b"], complete=True)) == 2


def test_arrays_of_other_dimensions_name_each_file(tree):
    files = tree.of({"train.npy": npy(X), "index.npy": npy(X[:, :3])})
    with pytest.raises(DataError, match=r"one dimension, but index\.npy has 3, train\.npy has 4"):
        read_vectors(files, "mine", "index", ["a", "b", "c"])
