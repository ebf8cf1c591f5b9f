import logging

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.photo_folder import read, read_photo_folder
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings
from landmark_retrieval.formats.reading import ReadingSettings
from landmark_retrieval.near_duplicates.copies import CopySettings
from landmark_retrieval.tables import (
    DamagedImages,
    ImageHashes,
    IndexImages,
    LandmarkNames,
    QueryImages,
    RecognitionSolution,
    RetrievalSolution,
    TrainImages,
)

SETTINGS = PhotoFolderSettings(
    seed=0,
    query_fraction=0.2,
    index_fraction=0.4,
    public_fraction=0.5,
    distractor_query_fraction=0.3,
    distractor_folders=("distractors",),
    copies=CopySettings(max_hamming=6, max_group=20, max_pairs=1000),
)
GIVEN = {
    "train/b/1.jpg": "x",
    "train/a/1.jpg": "x",
    "index/b/2.jpg": "x",
    "index/b/3.jpg": "x",
    "index/c/4.jpg": "x",
    "index/5.jpg": "x",
    "query/b/6.jpg": "x",
    "query/c/7.jpg": "x",
    "query/d/8.jpg": "x",
    "query/distractors/9.jpg": "x",
}


def picture(seed: int) -> np.ndarray:
    """A picture that no other seed resembles."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return cv2.resize(coarse, (180, 135), interpolation=cv2.INTER_CUBIC)


def saved(pixels: np.ndarray, width: int = 180, quality: int = 90) -> bytes:
    small = cv2.resize(pixels, (width, width * 3 // 4), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def collection(n: int) -> dict[str, bytes]:
    """Two landmarks and distractors; of every second photograph a smaller copy of lower quality."""
    files = {}
    for name in ("a", "b", "distractors"):
        for i in range(n):
            pixels = picture(i + 1000 * ord(name[0]))
            files[f"{name}/{i}.jpg"] = saved(pixels)
            if i % 2:
                files[f"{name}/{i}small.jpg"] = saved(pixels, 120, 60)
    return files


def split_of(folder) -> dict[str, str]:
    tables = {"train": folder.train, "index": folder.index, "query": folder.queries}
    return {path: split for split, table in tables.items() for path in table["path"]}


def test_copies_saved_again_and_under_another_landmark_are_in_one_split(tree):
    files = collection(12)
    files |= {
        "b/of a.jpg": files["a/3.jpg"],
        "distractors/of b.jpg": saved(picture(1000 * ord("b") + 4), 100),
    }
    split = split_of(read_photo_folder(tree.of(files), SETTINGS))
    assert set(split) == set(files)
    for path in files:
        if "small" in path:
            assert split[path] == split[path.replace("small", "")]
    assert split["b/of a.jpg"] == split["a/3.jpg"] == split["a/3small.jpg"]
    assert split["distractors/of b.jpg"] == split["b/4.jpg"] != "train"


def test_a_copy_with_a_later_name_moves_no_other_photograph(tree):
    files = collection(12)
    without = split_of(
        read_photo_folder(tree.of({p: f for p, f in files.items() if "small" not in p}), SETTINGS)
    )
    split = split_of(read_photo_folder(tree.of(files), SETTINGS))
    assert {path: split[path] for path in without} == without


def test_copies_of_a_query_have_its_usage(tree):
    files = {
        f"a/{i} {quality}.jpg": saved(picture(i), quality=quality) for i in range(30) for quality in (50, 95)
    }
    solution = read_photo_folder(tree.of(files), SETTINGS).recognition_solution
    usages = solution["usage"].groupby(solution["image_id"].str.extract(r"(\d+)%20", expand=False))
    assert len(usages) == 6
    assert (usages.nunique() == 1).all()
    assert set(solution["usage"]) == {"Public", "Private"}


def test_damaged_pictures_are_drawn_one_by_one_and_stop_nothing(tree):
    files = {f"a/{i}.jpg": b"" for i in range(5)} | {f"b/{i}.jpg": saved(picture(i)) for i in range(5)}
    tables = read(tree.of(files), ReadingSettings(workers=1, photo_folder=SETTINGS))
    assert sorted(tables["damaged_images"]["path"]) == [f"a/{i}.jpg" for i in range(5)]
    assert set(tables["damaged_images"]["split"]) == {"train", "index", "query"}
    hashed = tables["image_hashes"]
    for split in ("train", "index", "query"):
        images = tables[f"{split}_images"]
        assert images["image_id"].tolist() == hashed.loc[hashed["split"] == split, "image_id"].tolist()
        assert (images["width"] == 180).all()
    ImageHashes.validate(hashed)
    DamagedImages.validate(tables["damaged_images"])


def test_copies_across_given_splits_stay_and_are_counted(tree, caplog):
    files = {path: saved(picture(i)) for i, path in enumerate(GIVEN)}
    files["query/b/6.jpg"] = files["train/b/1.jpg"]
    with caplog.at_level(logging.WARNING):
        split = split_of(read_photo_folder(tree.of(files), SETTINGS))
    assert split == {path: path.partition("/")[0] for path in files}
    assert (
        "2 of 10 photographs have a copy in another split of the folder (1 groups of copies)" in caplog.text
    )


def test_every_table_keeps_its_rules(tree):
    names = [f"landmarks/place {i}/{j}.jpg" for i in range(6) for j in range(i + 1)]
    names += [f"distractors/{i}.jpg" for i in range(20)]
    folder = read_photo_folder(tree.of(dict.fromkeys(names, "x")), SETTINGS)
    TrainImages.validate(folder.train.assign(width=1, height=1))
    IndexImages.validate(folder.index.assign(width=1, height=1))
    QueryImages.validate(folder.queries.assign(width=1, height=1))
    RetrievalSolution.validate(folder.retrieval_solution)
    RecognitionSolution.validate(folder.recognition_solution)
    LandmarkNames.validate(folder.landmark_names)
    paths = pd.concat([folder.train["path"], folder.index["path"], folder.queries["path"]])
    assert sorted(paths) == sorted(names)
    assert folder.landmark_names["name"].tolist() == [f"place {i}" for i in range(6)]


def test_given_splits_become_solutions(tree):
    folder = read_photo_folder(tree.of(GIVEN), SETTINGS)
    assert folder.landmark_names.to_numpy().tolist() == [[0, "a"], [1, "b"], [2, "c"], [3, "d"]]
    assert folder.train.to_numpy().tolist() == [
        ["train/a/1", "train/a/1.jpg", 0],
        ["train/b/1", "train/b/1.jpg", 1],
    ]
    assert folder.index["image_id"].tolist() == ["index/5", "index/b/2", "index/b/3", "index/c/4"]
    relevant = dict(
        zip(folder.retrieval_solution["image_id"], folder.retrieval_solution["relevant"], strict=True)
    )
    assert relevant == {
        "query/b/6": ["index/b/2", "index/b/3"],
        "query/c/7": ["index/c/4"],
        "query/d/8": [],
        "query/distractors/9": [],
    }
    landmarks = folder.recognition_solution["landmark_ids"]
    assert [ids.tolist() for ids in landmarks] == [[1], [], [], []]


def test_a_query_is_ignored_exactly_when_nothing_is_relevant(tree):
    solution = read_photo_folder(tree.of(GIVEN), SETTINGS).retrieval_solution
    assert ((solution["usage"] == "Ignored") == [not relevant for relevant in solution["relevant"]]).all()


def test_a_query_without_a_landmark_is_still_scored_in_recognition(tree):
    usages = read_photo_folder(tree.of(GIVEN), SETTINGS).recognition_solution["usage"]
    assert set(usages) <= {"Public", "Private"}


def test_the_truth_is_what_the_folders_say(tree):
    names = [f"{place}/{j}.jpg" for place in "abc" for j in range(8)] + [
        f"distractors/{j}.jpg" for j in range(9)
    ]
    folder = read_photo_folder(tree.of(dict.fromkeys(names, "x")), SETTINGS)
    for query, relevant in zip(
        folder.retrieval_solution["image_id"], folder.retrieval_solution["relevant"], strict=True
    ):
        place = query.partition("/")[0]
        same = [image_id for image_id in folder.index["image_id"] if image_id.startswith(f"{place}/")]
        assert relevant == ([] if place == "distractors" else same)
    named = dict(folder.landmark_names.to_numpy().tolist())
    for row in folder.train.itertuples():
        assert named[row.landmark_id] == row.image_id.partition("/")[0]


@pytest.mark.parametrize(
    ("path", "image_id"),
    [
        ("a/1.jpg", "a/1"),
        ("Timișoara/piața 1.jpg", "Timișoara/piața%201"),
        ('a,b/"1".jpg', "a%2Cb/%221%22"),
        ("a/100%.jpg", "a/100%25"),
        ("a/1\u2003x.jpg", "a/1%E2%80%83x"),
        ("a/v1.2.jpg", "a/v1.2"),
        ("a/1\nx.jpg", "a/1%0Ax"),
    ],
)
def test_ids_stay_readable_and_fit_into_a_list(tree, path, image_id):
    files = tree.of(dict.fromkeys([path, "z/1.jpg", "z/2.jpg", "z/3.jpg"], "x"))
    folder = read_photo_folder(files, SETTINGS)
    images = pd.concat([folder.train, folder.index, folder.queries])
    found = images["image_id"][images["path"] == path].item()
    assert found == image_id
    assert found.split() == [found]


def test_pictures_that_differ_in_their_extension_keep_it(tree):
    names = ["a/1.jpg", "a/1.png", "a/2.jpg", "a/3.jpg"]
    folder = read_photo_folder(tree.of(dict.fromkeys(names, "x")), SETTINGS)
    ids = pd.concat([folder.train["image_id"], folder.index["image_id"], folder.queries["image_id"]])
    assert sorted(ids) == ["a/1.jpg", "a/1.png", "a/2", "a/3"]


def test_two_pictures_with_one_id_are_an_error(tree):
    names = ["a/1.jpg", "a/1.png", "a/1.jpg.png", "a/2.jpg"]
    with pytest.raises(DataError, match=r"would both be image 'a/1\.jpg': rename one"):
        read_photo_folder(tree.of(dict.fromkeys(names, "x")), SETTINGS)


@pytest.mark.parametrize(
    ("names", "split"),
    [
        (["a/1.jpg", "b/1.jpg"], "index"),
        (["a/1.jpg", "a/2.jpg"], "train"),
        (["distractors/1.jpg", "distractors/2.jpg"], "train"),
    ],
)
def test_a_split_that_stays_empty_is_an_error(tree, names, split):
    with pytest.raises(DataError, match=f"no photograph is left for {split} among 2"):
        read_photo_folder(tree.of(dict.fromkeys(names, "x")), SETTINGS)
