import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.comparison import compare_manifests
from landmark_retrieval.reporting.audits.pictures import (
    AuditSettings,
    landmark_panels,
    near_duplicate_panels,
    shower,
)

SETTINGS = AuditSettings(landmarks=2, thumbnails=2, thumbnail_height=40, pairs=3, rows=10)


def manifest(rows: list[tuple[str, int, bool]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_id", "landmark_id", "kept"])
    reason = np.where(table["kept"], "verified by 3 images", "verified by 0 of 2 needed images")
    return table.assign(
        path=table["image_id"] + ".png",
        width=60,
        height=80,
        reason=reason,
        source="gldv2",
        evidence="",
        source_version="first",
    )


BEFORE = manifest(
    [(f"a{i}", 7, True) for i in range(5)] + [("b0", 8, True), ("b1", 8, True), ("c0", 9, True)]
)
AFTER = manifest(
    [(f"a{i}", 7, i > 2) for i in range(5)]
    + [("b0", 8, True), ("b1", 9, True), ("c0", 9, True), ("c1", 9, True)]
)


@pytest.fixture
def files(tmp_path) -> dict[str, FileTree]:
    for i, image in enumerate(sorted({*BEFORE["image_id"], *AFTER["image_id"]})):
        cv2.imwrite(str(tmp_path / f"{image}.png"), np.full((80, 60, 3), 20 * i, np.uint8))
    return {"gldv2": FileTree(tmp_path)}


def panels(files, settings=SETTINGS, names=None):
    return landmark_panels(compare_manifests(BEFORE, AFTER), AFTER, BEFORE, files, names or {}, (), settings)


def test_what_left_came_and_stayed(files):
    shown = panels(files, names={7: "Old Inn"})
    assert [(p.landmark_id, p.name, p.change, p.images_before, p.images_after) for p in shown] == [
        (7, "Old Inn", "shrunk", 5, 2),
        (9, "", "grown", 1, 3),
    ]
    marks = [[(s.frame, s.total, [x.image_id for x in s.tiles]) for s in p.strips] for p in shown]
    assert marks == [
        [("removed", 3, ["a0", "a1"]), ("kept", 2, ["a3", "a4"])],
        [("added", 1, ["c1"]), ("relabelled", 1, ["b1"]), ("kept", 1, ["c0"])],
    ]
    photos = {x.image_id: x for p in shown for s in p.strips for x in s.tiles}
    assert photos["a0"].notes == ("verified by 0 of 2 needed images",)
    assert photos["b1"].notes == ("landmark 8 → 9", "verified by 3 images")
    assert all(x.thumbnail.startswith("data:image/jpeg") for x in photos.values())


def test_a_relabelled_photograph_is_shown_in_both_landmarks(files):
    shown = {p.landmark_id: p for p in panels(files, SETTINGS.model_copy(update={"landmarks": 3}))}
    assert {i for i, p in shown.items() for s in p.strips for x in s.tiles if x.image_id == "b1"} == {8, 9}
    assert [(s.frame, [x.image_id for x in s.tiles]) for s in shown[8].strips] == [
        ("relabelled", ["b1"]),
        ("kept", ["b0"]),
    ]


def test_photographs_that_are_not_there(files):
    """One that only the older manifest knows is shown from it; without files nothing is lost."""
    shown = landmark_panels(
        compare_manifests(BEFORE, AFTER[3:]),
        AFTER[3:],
        BEFORE,
        files,
        {},
        (),
        SETTINGS.model_copy(update={"landmarks": 1}),
    )
    removed = shown[0].strips[0]
    assert [x.image_id for x in removed.tiles] == ["a0", "a1"]
    assert all(x.thumbnail for x in removed.tiles)
    assert all(x.notes == () for x in removed.tiles)
    assert all(not x.thumbnail for p in panels({}) for s in p.strips for x in s.tiles)


def test_nothing_is_shown_where_nothing_is_asked_for(files):
    assert panels(files, SETTINGS.model_copy(update={"landmarks": 0})) == ()
    assert all(p.strips == () for p in panels(files, SETTINGS.model_copy(update={"thumbnails": 0})))


def test_earlier_tables_win(tmp_path, files):
    elsewhere = AFTER[:1].assign(path="nowhere.png")
    assert shower(files, [AFTER, elsewhere], 40)("gldv2", "a0")
    assert not shower(files, [elsewhere, AFTER], 40)("gldv2", "a0")
    assert not shower(files, [AFTER], 40)("other source", "a0")


def pair(kind: str, image: str, split: str, other: str, other_split: str, distance: float) -> dict:
    sides = {"image_id": image, "split": split, "other_id": other, "other_split": other_split}
    return {"kind": kind, "distance": distance, "source": "gldv2", "other_source": "gldv2"} | sides


def test_surest_pairs_across_splits(files):
    table = pd.DataFrame(
        [
            pair("embedding", "a0", "train", "q", "query", 0.001),
            pair("perceptual", "a2", "train", "a3", "index", 4),
            pair("perceptual", "a1", "train", "a3", "index", 4),
            pair("bytes", "a4", "train", "b0", "train", 0),
            pair("bytes", "b1", "train", "c0", "query", 0),
            pair("perceptual", "a0", "train", "a3", "query", 9),
        ]
    )
    table["landmark_id"] = pd.array([7, 7, 7, 7, 9, 7], dtype="Int64")
    table["other_landmark_id"] = pd.array([None] * 6, dtype="Int64")
    found = near_duplicate_panels(table, [AFTER], files, SETTINGS)
    assert [(p.kind, [x.image_id for x in p.tiles]) for p in found] == [
        ("bytes", ["b1", "c0"]),
        ("perceptual", ["a1", "a3"]),
        ("perceptual", ["a2", "a3"]),
    ]
    assert found[0].tiles[0].notes == ("gldv2, train", "landmark 9")
    assert found[0].tiles[1].notes == ("gldv2, query", "no landmark")
    assert all(x.thumbnail for p in found for x in p.tiles)
    backwards = near_duplicate_panels(table[::-1], [AFTER], files, SETTINGS)
    assert backwards == found
