import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.pipelines.embedding.nodes import select_train, train_reader


def test_vectors_of_a_cleaned_variant_are_those_of_the_images_it_keeps(tmp_path, make_manifest):
    manifest = make_manifest({"a": 1, "b": 1, "c": 2, "d": 2})
    manifest["kept"] = [True, False, False, True]
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    (tmp_path / "gldv2").mkdir()
    np.save(tmp_path / "gldv2" / "train.npy", vectors)

    found = train_reader(["gldv2"], complete=False)(FileTree(tmp_path), manifest)

    assert found.image_ids.tolist() == ["a", "d"]
    np.testing.assert_array_equal(np.concatenate(list(found)), normalise(vectors[[0, 3]]))


def test_embeddings_of_a_part_are_rows_of_the_whole(make_manifest):
    manifest = make_manifest({"d": 2, "a": 1, "b": 1})
    manifest["kept"] = [True, True, False]
    whole = Embeddings(np.array(["a", "b", "c", "d"]), np.eye(4, dtype=np.float32))

    found = select_train(whole, manifest)

    assert found.shape == (2, 4)
    assert found.image_ids.tolist() == ["d", "a"]
    np.testing.assert_array_equal(np.concatenate(list(found)), whole.vectors[[3, 0]])
    with pytest.raises(DataError, match="embeddings lack 1 images, first 'e'"):
        select_train(whole, make_manifest({"a": 1, "e": 1}))
