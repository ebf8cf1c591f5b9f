import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.hashing import perceptual_hash
from landmark_retrieval.images.inspection import inspect_images
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.tables import DamagedImages, TrainImages

HASH_TYPES = {"image_id": "str", "split": "str", "sha256": "str", "perceptual": "Int64"}


@pytest.fixture
def listed(tmp_path, encode, scene):
    """A folder in which every third picture is damaged, and its list."""
    rows = []
    for i in range(12):
        name = f"{i:02d}.jpg"
        data = encode("JPEG", scene.resize((20 + i, 10 + i)))
        if i % 3 == 1:
            data = data[: len(data) // 2]
        if i != 7:
            (tmp_path / name).write_bytes(data)
        rows.append((f"id{i}", name, i % 4))
    return FileTree(tmp_path), pd.DataFrame(rows, columns=["image_id", "path", "landmark_id"])


@pytest.mark.parametrize("workers", [1, 3])
def test_every_picture_lands_in_one_of_the_two_tables(listed, workers):
    files, images = listed
    readable, damaged, _ = inspect_images(files, images, "train", workers)
    TrainImages.validate(readable)
    DamagedImages.validate(damaged)
    good = [i for i in range(12) if i % 3 != 1]
    assert readable["image_id"].tolist() == [f"id{i}" for i in good]
    assert readable["width"].tolist() == [20 + i for i in good]
    assert readable["height"].tolist() == [10 + i for i in good]
    assert readable["landmark_id"].tolist() == [i % 4 for i in good]
    assert damaged["image_id"].tolist() == ["id1", "id4", "id7", "id10"]
    assert damaged["reason"].tolist() == ["truncated", "truncated", "missing", "truncated"]
    assert set(damaged["split"]) == {"train"}


def test_the_order_of_the_list_is_the_order_of_the_tables(listed):
    files, images = listed
    order = np.random.default_rng(1).permutation(len(images))
    readable, damaged, _ = inspect_images(files, images, "train", 2)
    shuffled, shuffled_damaged, _ = inspect_images(files, images.iloc[order], "train", 2)
    pd.testing.assert_frame_equal(
        shuffled.sort_values("path", ignore_index=True), readable.sort_values("path", ignore_index=True)
    )
    assert shuffled["path"].tolist() == [p for p in images["path"].iloc[order] if p in set(readable["path"])]
    assert set(shuffled_damaged["path"]) == set(damaged["path"])


def test_nothing_to_inspect_gives_two_empty_tables(listed):
    files, images = listed
    readable, damaged, hashes = inspect_images(files, images[:0], "train", 2)
    TrainImages.validate(readable)
    DamagedImages.validate(damaged)
    assert len(readable) == len(damaged) == len(hashes) == 0
    assert hashes.dtypes.astype(str).to_dict() == HASH_TYPES


def test_pictures_that_are_all_damaged_leave_an_empty_table(tmp_path):
    images = pd.DataFrame({"image_id": ["a"], "path": ["../a.jpg"], "landmark_id": [1]})
    readable, damaged, hashes = inspect_images(FileTree(tmp_path), images, "index", 1)
    TrainImages.validate(readable)
    assert len(hashes) == 0
    assert damaged[["path", "split", "reason"]].to_numpy().tolist() == [
        ["../a.jpg", "index", "outside the root"]
    ]


@pytest.mark.parametrize("workers", [1, 3])
def test_readable_pictures_have_the_hashes_of_their_file_and_pixels(listed, workers):
    files, images = listed
    readable, _, hashes = inspect_images(files, images, "index", workers)
    assert hashes.dtypes.astype(str).to_dict() == HASH_TYPES
    assert hashes["image_id"].tolist() == readable["image_id"].tolist()
    assert set(hashes["split"]) == {"index"}
    for path, row in zip(readable["path"], hashes.itertuples(), strict=True):
        assert row.sha256 == hashlib.sha256(files.path(path).read_bytes()).hexdigest()
        bits = perceptual_hash(read_rgb(files, path))
        assert bits is None if row.perceptual is pd.NA else int(row.perceptual) % 2**64 == bits


def test_hashes_with_the_highest_bit_are_negative_and_flat_pictures_have_none(tmp_path, encode):
    rng, found = np.random.default_rng(0), {}
    for i in range(12):
        noise = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((64, 64))
        (tmp_path / f"{i}.png").write_bytes(encode("PNG", noise if i else Image.new("RGB", (64, 64))))
        found[f"{i}.png"] = perceptual_hash(read_rgb(FileTree(tmp_path), f"{i}.png"))
    images = pd.DataFrame({"image_id": list(found), "path": list(found)}, dtype="str")
    hashes = inspect_images(FileTree(tmp_path), images, "train", 2).hashes
    assert hashes["perceptual"].isna().tolist() == [True] + [False] * 11
    back = hashes["perceptual"].array[1:].to_numpy(np.int64).view(np.uint64)
    assert back.tolist() == list(found.values())[1:]
    assert (hashes["perceptual"].dropna() < 0).any()
