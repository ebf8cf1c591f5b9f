import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.store import LocalFeatureStore


def random_features(n, rng, dim=8):
    descriptors = rng.normal(size=(n, dim)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(
        rng.uniform(0, 300, (n, 2)).astype(np.float32), descriptors, rng.random(n, dtype=np.float32)
    )


@pytest.fixture
def each():
    rng = np.random.default_rng(0)
    return [random_features(n, rng) for n in (3, 0, 5, 1)]


def test_every_image_gets_its_features_back(each):
    store = LocalFeatureStore.pack(["a", "b", "c", "d"], each)
    assert store.offsets.tolist() == [0, 3, 3, 8, 9]
    for row, features in enumerate(each):
        found = store.features(row)
        np.testing.assert_array_equal(found.keypoints, features.keypoints)
        np.testing.assert_array_equal(found.scores, features.scores)
        np.testing.assert_allclose(found.descriptors, features.descriptors, atol=5e-4)
        assert found.descriptors.dtype == np.float32


def test_an_image_without_features_keeps_the_width_of_the_descriptors(each):
    empty = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
    store = LocalFeatureStore.pack(["a", "b", "c"], [empty, each[0], empty])
    assert store.features(0).descriptors.shape == (0, 8)
    assert len(store.features(1)) == 3


def test_nothing_at_all():
    store = LocalFeatureStore.pack([], [])
    assert len(store) == 0
    assert store.rows_of(["a"]).tolist() == [-1]


def test_rows_of_ids(each):
    store = LocalFeatureStore.pack(["a", "b", "c", "d"], each)
    assert store.rows_of(["d", "x", "a"]).tolist() == [3, -1, 0]


def test_saved_and_loaded_is_the_same(each, tmp_path):
    store = LocalFeatureStore.pack(["a", "b", "c", "d"], each)
    store.save(tmp_path / "store")
    loaded = LocalFeatureStore.load(tmp_path / "store")
    assert loaded.image_ids.tolist() == store.image_ids.tolist()
    for row in range(4):
        np.testing.assert_array_equal(loaded.features(row).descriptors, store.features(row).descriptors)
        np.testing.assert_array_equal(loaded.features(row).keypoints, store.features(row).keypoints)


def test_a_store_that_does_not_fit_is_refused(each):
    with pytest.raises(ValueError, match="is longer"):
        LocalFeatureStore.pack(["a", "b", "c"], each)
    with pytest.raises(ValueError, match="twice"):
        LocalFeatureStore.pack(["a", "b", "a", "d"], each)
    good = LocalFeatureStore.pack(["a", "b", "c", "d"], each)
    with pytest.raises(ValueError, match="expected 4 non-decreasing offsets"):
        LocalFeatureStore(good.image_ids[:3], good.offsets, good.keypoints, good.descriptors, good.scores)
    with pytest.raises(ValueError, match=r"expected 0\.\.9"):
        LocalFeatureStore(good.image_ids, good.offsets + 1, good.keypoints, good.descriptors, good.scores)
    with pytest.raises(ValueError, match="9 rows"):
        LocalFeatureStore(good.image_ids, good.offsets, good.keypoints[1:], good.descriptors, good.scores)


def test_written_one_by_one_is_what_is_packed(each, tmp_path):
    empty = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
    ids, features = ["e", "a", "b", "c", "d"], [empty, *each]
    packed = LocalFeatureStore.pack(ids, features)
    written = LocalFeatureStore.write(tmp_path / "store", ids, iter(features))
    assert written.folder == tmp_path / "store"
    assert packed.folder is None
    for name in ("image_ids", "offsets", "keypoints", "descriptors", "scores"):
        one, other = getattr(written, name), getattr(packed, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert isinstance(written.descriptors, np.memmap)


@pytest.mark.parametrize("n", [0, 2])
def test_nothing_is_found_in_any_picture(tmp_path, n):
    nothing = LocalFeatures(
        np.zeros((0, 2), np.float32), np.zeros((0, 8), np.float32), np.zeros(0, np.float32)
    )
    store = LocalFeatureStore.write(tmp_path, ["a", "b"][:n], [nothing] * n)
    assert store.offsets.tolist() == [0] * (n + 1)
    assert store.keypoints.shape == (0, 2)
    assert len(store.rows_of(["a"])) == 1


def test_a_value_that_is_no_number_names_its_image(each, tmp_path):
    each[2].descriptors[1, 1] = np.nan
    with pytest.raises(DataError, match="of c: a value is not finite"):
        LocalFeatureStore.pack(["a", "b", "c", "d"], each)
    with pytest.raises(DataError, match="of c: a value is not finite"):
        LocalFeatureStore.write(tmp_path, ["a", "b", "c", "d"], each)


def test_ids_that_stand_twice_are_refused_before_anything_is_extracted(tmp_path):
    def extraction():
        raise AssertionError("began")
        yield

    with pytest.raises(ValueError, match="twice"):
        LocalFeatureStore.write(tmp_path, ["a", "a"], extraction())
