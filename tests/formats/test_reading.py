import pickle
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings
from landmark_retrieval.formats.reading import ReadingSettings
from landmark_retrieval.formats.registry import FORMATS
from landmark_retrieval.near_duplicates.copies import CopySettings

A, B, C = "a" * 16, "b" * 16, "c" * 16
SETTINGS = ReadingSettings(
    workers=1,
    photo_folder=PhotoFolderSettings(
        seed=0,
        query_fraction=0.25,
        index_fraction=0.25,
        public_fraction=0.5,
        distractor_query_fraction=0.5,
        distractor_folders=("distractors",),
        copies=CopySettings(max_hamming=6, max_group=20, max_pairs=1000),
    ),
)


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def gldv1() -> dict[str, str | bytes]:
    return {"train.csv": "id,landmark_id\nx,1\ny,2\n", "train/x.jpg": picture(0)}


def gldv2() -> dict[str, str | bytes]:
    return {
        "train.csv": f"id,landmark_id\n{A},7\n",
        "index.csv": f"id\n{B}\n",
        "test.csv": f"id\n{C}\n",
        "retrieval_solution_v2.1.csv": f"id,images,Usage\n{C},{B},Public\n",
        "recognition_solution_v2.1.csv": f"id,landmarks,Usage\n{C},7,Public\n",
        "train_label_to_category.csv": "landmark_id,category\n7,http://x/Category:Old_Mill\n",
        f"train/a/a/a/{A}.jpg": picture(0),
        f"index/b/b/b/{B}.jpg": picture(1),
        f"test/c/c/c/{C}.jpg": picture(2),
    }


def revisited() -> dict[str, str | bytes]:
    judged = {"easy": [0], "hard": [], "junk": [], "bbx": [0, 0, 48, 32]}
    content = {"imlist": ["mill_1"], "qimlist": ["old_mill_2"], "gnd": [judged]}
    pictures = {"jpg/mill_1.jpg": picture(0), "jpg/old_mill_2.jpg": picture(1)}
    return {"gnd_toy.pkl": pickle.dumps(content), **pictures}


def photo_folder() -> dict[str, str | bytes]:
    return {f"Old mill/{i}.jpg": picture(i) for i in range(4)}


def distractors() -> dict[str, str | bytes]:
    return {"somewhere/1.jpg": picture(0)}


def descriptors() -> dict[str, str | bytes]:
    return {"images.csv": "image_id,split,landmark_id\na,train,1\nb,index,1\nc,query,1\n"}


FILES = {
    "gldv1": gldv1,
    "gldv2": gldv2,
    "revisited": revisited,
    "photo_folder": photo_folder,
    "distractors": distractors,
    "descriptors": descriptors,
    "revisited_descriptors": revisited,
    "distractor_descriptors": descriptors,
}


@pytest.mark.parametrize("name", [name for name, record in FORMATS.items() if record.splits])
def test_a_reader_returns_the_tables_of_its_record(tree, name: str):
    tables = FORMATS[name].read(tree.of(FILES[name]()), SETTINGS)

    assert set(tables) == set(Source(format=name, release="any").tables)
    for split in FORMATS[name].splits if FORMATS[name].has_pictures else ():
        assert tables[f"{split}_images"][["width", "height"]].to_numpy().tolist()[0] == [48, 32]


def test_pictures_that_cannot_be_read_are_listed(tree):
    tables = FORMATS["gldv1"].read(tree.of(gldv1()), SETTINGS)

    assert tables["train_images"]["image_id"].tolist() == ["x"]
    assert tables["damaged_images"][["image_id", "split", "reason"]].to_numpy().tolist() == [
        ["y", "train", "missing"]
    ]
    assert tables["image_hashes"]["image_id"].tolist() == ["x"]


@pytest.mark.parametrize("read_names", [gldv2, revisited, photo_folder])
def test_queries_are_named(tree, read_names: Callable[[], dict[str, str | bytes]]):
    tables = FORMATS[read_names.__name__].read(tree.of(read_names()), SETTINGS)

    assert [name.lower() for name in tables["query_names"]["name"]] == ["old mill"]


def test_solutions_are_checked_against_the_lists(tree):
    files = gldv2() | {"retrieval_solution_v2.1.csv": f"id,images,Usage\n{C},{A},Public\n"}

    with pytest.raises(DataError, match="1 relevant images are not in the index"):
        FORMATS["gldv2"].read(tree.of(files), SETTINGS)


def test_a_box_must_lie_in_its_picture(tree):
    judged = {"easy": [0], "hard": [], "junk": [], "bbx": [0, 0, 60, 32]}
    content = {"imlist": ["mill_1"], "qimlist": ["old_mill_2"], "gnd": [judged]}

    with pytest.raises(DataError, match="expected a box within 48 x 32"):
        FORMATS["revisited"].read(tree.of(revisited() | {"gnd_toy.pkl": pickle.dumps(content)}), SETTINGS)
