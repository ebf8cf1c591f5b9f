import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save_file

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.quantisation import Quantised
from landmark_retrieval.local_features.storage.shard import FeatureShard

ARRAYS = ("offsets", "keypoints", "scores", "descriptors", "ids")


def image(n, seed, dim=5, dtype=np.uint8):
    rng = np.random.default_rng(seed)
    keypoints = rng.integers(0, 65536, (n, 2), dtype=np.uint16)
    descriptors = rng.integers(0, 256, (n, dim)).astype(dtype)
    return Quantised(keypoints, descriptors, rng.random(n).astype(np.float16))


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
@pytest.mark.parametrize("counts", [[3], [0], [2, 0, 7], [0, 0], [1] * 9])
def test_what_is_opened_is_what_was_packed(tmp_path, counts, dtype):
    images = [image(n, seed, dtype=dtype) for seed, n in enumerate(counts)]
    ids = [f"photo {i} ü" for i in range(len(counts))]
    packed = FeatureShard.pack(ids, images)
    packed.save(tmp_path / "shard")
    opened = FeatureShard.open(tmp_path / "shard")
    assert opened.image_ids == packed.image_ids == ids
    assert len(opened) == len(counts)
    assert opened.digest == packed.digest
    assert opened.is_whole
    for name in ARRAYS:
        one, other = getattr(packed, name), getattr(opened, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
        assert other.flags.aligned
        assert not one.flags.writeable
        assert not other.flags.writeable
    for row, each in enumerate(images):
        own = slice(opened.offsets[row], opened.offsets[row + 1])
        np.testing.assert_array_equal(opened.keypoints[own], each.keypoints)
        np.testing.assert_array_equal(opened.descriptors[own], each.descriptors)
        np.testing.assert_array_equal(opened.scores[own], each.scores)


@pytest.mark.parametrize("name", ARRAYS)
def test_the_digest_is_of_every_array(name):
    shard = FeatureShard.pack(["a", "b"], [image(3, 0), image(2, 1)])
    other = getattr(shard, name).copy()
    other.flat[-1] += 1
    assert shard.is_whole
    assert not dataclasses.replace(shard, **{name: other}).is_whole


def test_sizes_are_kept_where_a_picture_has_one(tmp_path):
    with_size = image(3, 0)._replace(size=(640, 480))
    shard = FeatureShard.pack(["a", "b"], [with_size, image(0, 1)])
    shard.save(tmp_path / "shard")
    opened = FeatureShard.open(tmp_path / "shard")
    assert opened.sizes.tolist() == [[640, 480], [0, 0]]
    assert opened.is_whole
    assert not dataclasses.replace(opened, sizes=opened.sizes[::-1]).is_whole
    assert FeatureShard.pack(["a"], [image(3, 0)]).sizes is None


def test_descriptors_of_two_kinds_do_not_go_together():
    for other in (image(2, 1, dim=6), image(2, 1, dtype=np.float16)):
        with pytest.raises(ValueError, match="different kinds"):
            FeatureShard.pack(["a", "b"], [image(3, 0), other])


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "shard"
    save_file({"keypoints": np.zeros((2, 2), np.uint16)}, path)
    with pytest.raises(DataError, match="shard is not a complete shard"):
        FeatureShard.open(path)
    save_file({"keypoints": np.zeros((2, 2), np.uint16)}, path, {"format": "pt", "sha256": ""})
    with pytest.raises(DataError, match="expected 'landmark-retrieval local features 1', found 'pt'"):
        FeatureShard.open(path)
    for content in (b"[]" * 50, b"\x02" + 7 * b"\0" + b"[]", b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(DataError, match="shard is not a complete shard"):
            FeatureShard.open(path)
