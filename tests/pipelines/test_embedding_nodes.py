import numpy as np

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.pipelines.embedding.nodes import train_reader


def test_vectors_of_a_cleaned_variant_are_those_of_the_images_it_keeps(tmp_path, make_manifest):
    manifest = make_manifest({"a": 1, "b": 1, "c": 2, "d": 2})
    manifest["kept"] = [True, False, False, True]
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    (tmp_path / "gldv2").mkdir()
    np.save(tmp_path / "gldv2" / "train.npy", vectors)

    found = train_reader(["gldv2"], complete=False)(FileTree(tmp_path), manifest)

    assert found.image_ids.tolist() == ["a", "d"]
    np.testing.assert_array_equal(np.concatenate(list(found)), normalise(vectors[[0, 3]]))
