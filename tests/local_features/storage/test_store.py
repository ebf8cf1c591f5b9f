import dataclasses
import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage import store as store_module
from landmark_retrieval.local_features.storage.store import LocalFeatureStore

IDS = ["a", "b", "c", "d"]
CONTENTS = ["000000.safetensors", "000001.safetensors", "contents.json", "image_ids.npy"]


def random_features(n, rng, dim=8, encoding="float16"):
    descriptors = np.abs(rng.normal(size=(n, dim))).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(
        rng.uniform(0, 300, (n, 2)).astype(np.float32), descriptors, rng.random(n, dtype=np.float32), encoding
    )


def no_features(dim, encoding="float16"):
    return LocalFeatures(
        np.zeros((0, 2), np.float32), np.zeros((0, dim), np.float32), np.zeros(0, np.float32), encoding
    )


@pytest.fixture
def each():
    rng = np.random.default_rng(0)
    return [random_features(n, rng) for n in (3, 0, 5, 1)]


def everything(store):
    """All that a store says of its images."""
    said = [(store.stored(row), store.features(row)) for row in range(len(store))]
    arrays = [
        (s.keypoints, s.descriptors, f.keypoints, f.descriptors, f.scores, np.array(f.encoding))
        for s, f in said
    ]
    return [array for image in arrays for array in image]


def assert_same(one, other):
    assert one.image_ids.tolist() == other.image_ids.tolist()
    assert one.fingerprint == other.fingerprint
    for a, b in zip(everything(one), everything(other), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_every_image_gets_its_features_back(each):
    store = LocalFeatureStore.pack(IDS, each, shard_images=2)
    assert [len(store.stored(row)) for row in range(4)] == [3, 0, 5, 1]
    for row, features in enumerate(each):
        found = store.features(row)
        np.testing.assert_allclose(found.keypoints, features.keypoints, atol=1 / 32)
        np.testing.assert_allclose(found.scores, features.scores, rtol=1e-3)
        np.testing.assert_allclose(found.descriptors, features.descriptors, atol=5e-4)
        assert found.descriptors.dtype == found.keypoints.dtype == found.scores.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, rtol=1e-6)


def test_what_is_stored_is_what_the_features_are_made_of():
    features = random_features(9, np.random.default_rng(1), dim=128, encoding="uint8")
    store = LocalFeatureStore.pack(["a"], [features])
    stored, found = store.stored(0), store.features(0)
    assert stored.descriptors.dtype == np.uint8
    assert len(stored) == 9
    expected = stored.descriptors / np.linalg.norm(
        stored.descriptors.astype(np.float64), axis=1, keepdims=True
    )
    np.testing.assert_allclose(found.descriptors, expected, rtol=1e-6)
    np.testing.assert_array_equal(stored.keypoints, found.keypoints)


def test_the_size_of_a_picture_is_stored_if_it_is_known(each, tmp_path):
    sizes = [(640, 480), None, (9, 4096), (1, 1)]
    sized = [dataclasses.replace(f, size=size) for f, size in zip(each, sizes, strict=True)]
    LocalFeatureStore.write(tmp_path, IDS, sized, shard_images=2)
    store = LocalFeatureStore.load(tmp_path)
    assert [store.stored(row).size for row in range(4)] == sizes
    assert [store.features(row).size for row in range(4)] == sizes
    unsized = LocalFeatureStore.pack(IDS, each, shard_images=2)
    assert unsized.stored(0).size is None
    assert unsized.fingerprint != store.fingerprint


@pytest.mark.parametrize("encoding", ["uint8", "float16"])
@pytest.mark.parametrize("shard_images", [1, 2, 3, 4, 100])
def test_on_disk_and_in_memory_are_the_same(tmp_path, encoding, shard_images):
    rng = np.random.default_rng(0)
    each = [random_features(n, rng, encoding=encoding) for n in (0, 3, 0, 5, 1)]
    ids = ["ä", "b", "c\n", "d", "e"]
    packed = LocalFeatureStore.pack(ids, each, shard_images)
    written = LocalFeatureStore.write(tmp_path / "written", ids, iter(each), shard_images)
    packed.save(tmp_path / "saved")
    assert (written.folder, packed.folder) == (tmp_path / "written", None)
    for other in (written, LocalFeatureStore.load(tmp_path / "saved")):
        assert_same(packed, other)
    for path in (tmp_path / "written").iterdir():
        assert path.read_bytes() == (tmp_path / "saved" / path.name).read_bytes()


def test_shards_do_not_matter_to_what_is_read(each):
    whole, cut = (LocalFeatureStore.pack(IDS, each, n) for n in (4, 1))
    for a, b in zip(everything(whole), everything(cut), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_fingerprint_is_of_ids_features_and_order(each):
    stores = [
        LocalFeatureStore.pack(IDS, each),
        LocalFeatureStore.pack(["a", "b", "c", "e"], each),
        LocalFeatureStore.pack(IDS, each[::-1]),
        LocalFeatureStore.pack(IDS[:3], each[:3]),
        LocalFeatureStore.pack(IDS, [*each[:3], random_features(1, np.random.default_rng(9))]),
    ]
    assert len({store.fingerprint for store in stores}) == len(stores)
    assert LocalFeatureStore.pack(IDS, each).fingerprint == stores[0].fingerprint


def test_an_image_without_features_keeps_the_width_of_the_descriptors(each, tmp_path):
    images = [no_features(0), each[0], no_features(8, "uint8")]
    for shard_images in (1, 3):
        store = LocalFeatureStore.write(tmp_path / str(shard_images), "abc", images, shard_images)
        for row in (0, 2):
            assert store.features(row).descriptors.shape == (0, 8)
            assert store.stored(row).descriptors.dtype == np.float16
        assert len(store.features(1)) == 3


@pytest.mark.parametrize("n", [0, 2])
def test_nothing_is_found_in_any_picture(tmp_path, n):
    store = LocalFeatureStore.write(tmp_path, ["a", "b"][:n], [no_features(8, "uint8")] * n, shard_images=1)
    assert len(store) == n
    assert [len(store.stored(row)) for row in range(n)] == [0] * n
    assert store.rows_of(["a"]).tolist() == [0 if n else -1]
    for row in range(n):
        assert store.stored(row).descriptors.shape == (0, 8)
        assert store.stored(row).descriptors.dtype == np.uint8


def test_rows_of_ids(each):
    store = LocalFeatureStore.pack(IDS, each)
    assert store.rows_of(["d", "x", "a", "d"]).tolist() == [3, -1, 0, 3]
    assert store.rows_of([]).tolist() == []


@pytest.mark.parametrize("row", [-1, 4])
def test_a_row_outside_is_refused(each, row):
    store = LocalFeatureStore.pack(IDS, each)
    with pytest.raises(IndexError, match=f"row {row} of 4"):
        store.stored(row)


def test_a_store_that_does_not_fit_is_refused(each):
    with pytest.raises(ValueError, match="is longer"):
        LocalFeatureStore.pack("abc", each)
    with pytest.raises(ValueError, match="twice"):
        LocalFeatureStore.pack("abad", each)
    other = random_features(2, np.random.default_rng(0), dim=9)
    for shard_images in (1, 5):
        with pytest.raises(ValueError, match="different kinds"):
            LocalFeatureStore.pack("abcde", [*each, other], shard_images)
    histograms = random_features(2, np.random.default_rng(0), encoding="uint8")
    with pytest.raises(ValueError, match="different kinds"):
        LocalFeatureStore.pack("abcde", [*each, histograms])


def test_a_value_that_is_no_number_names_its_image(each, tmp_path):
    each[2].descriptors[1, 1] = np.nan
    with pytest.raises(DataError, match="of c: a value is not finite"):
        LocalFeatureStore.pack(IDS, each)
    with pytest.raises(DataError, match="of c: a value is not finite"):
        LocalFeatureStore.write(tmp_path, IDS, each)


def test_ids_that_stand_twice_are_refused_before_anything_is_extracted(tmp_path):
    def extraction():
        raise AssertionError("began")
        yield

    with pytest.raises(ValueError, match="twice"):
        LocalFeatureStore.write(tmp_path, ["a", "a"], extraction())


def test_few_shards_stay_open_and_none_is_opened_before_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "OPEN_SHARDS", 3)
    rng = np.random.default_rng(0)
    each = [random_features(2, rng) for _ in range(20)]
    ids = [str(i) for i in range(20)]
    packed = LocalFeatureStore.pack(ids, each, shard_images=1)
    LocalFeatureStore.write(tmp_path, ids, each, shard_images=1)
    opened = []
    original = store_module.FeatureShard.open
    monkeypatch.setattr(store_module.FeatureShard, "open", lambda p: opened.append(p.stem) or original(p))
    loaded = LocalFeatureStore.load(tmp_path)
    assert opened == []
    for row in rng.integers(20, size=200).tolist():
        np.testing.assert_array_equal(loaded.stored(row).descriptors, packed.stored(row).descriptors)
        assert loaded._shard.cache_info().currsize <= 3
    loaded.stored(7), loaded.stored(7)
    assert opened.count("000007") == opened[:-1].count("000007") + (opened[-1] == "000007")


def test_a_shard_is_a_file_that_other_programs_read(each, tmp_path):
    LocalFeatureStore.write(tmp_path, IDS, each, shard_images=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == CONTENTS
    found = load_file(tmp_path / CONTENTS[0])
    assert found["offsets"].tolist() == [0, 3, 3, 8]
    assert json.loads(found["ids"].tobytes()) == ["a", "b", "c"]
    np.testing.assert_array_equal(found["descriptors"][:3], each[0].descriptors.astype(np.float16))
    np.testing.assert_array_equal(found["keypoints"][3:], np.rint(each[2].keypoints * 16))


@pytest.mark.parametrize("name", CONTENTS)
def test_a_missing_file_is_named(each, tmp_path, name):
    LocalFeatureStore.write(tmp_path, IDS, each, shard_images=3)
    (tmp_path / name).unlink()
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        LocalFeatureStore.load(tmp_path)


def test_files_of_two_stores_are_not_mixed(each, tmp_path):
    LocalFeatureStore.write(tmp_path / "one", IDS, each)
    LocalFeatureStore.write(tmp_path / "two", IDS[:3], each[:3])
    (tmp_path / "two" / "image_ids.npy").replace(tmp_path / "one" / "image_ids.npy")
    with pytest.raises(DataError, match="are of different local features"):
        LocalFeatureStore.load(tmp_path / "one")


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_shard_that_is_cut_short_is_refused(each, tmp_path, kept):
    LocalFeatureStore.write(tmp_path, IDS, each)
    path = tmp_path / CONTENTS[0]
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"000000\.safetensors is not a complete shard"):
        LocalFeatureStore.load(tmp_path).features(0)


def test_writing_again_leaves_no_shard_behind_and_links_alone(each, tmp_path):
    store = LocalFeatureStore.write(tmp_path / "store", IDS, each, shard_images=1)
    (tmp_path / "link").hardlink_to(tmp_path / "store" / CONTENTS[0])
    before = (tmp_path / "link").read_bytes()
    first = store.features(0).descriptors
    LocalFeatureStore.write(tmp_path / "store", ["x", "y"], each[2:], shard_images=1)
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == CONTENTS
    assert (tmp_path / "link").read_bytes() == before
    np.testing.assert_array_equal(store.features(0).descriptors, first)
