import base64
import logging
from dataclasses import asdict

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.review.rows import (
    EvaluationSet,
    ReviewSettings,
    TrainingSet,
    build_rows,
    review_rows,
)
from landmark_retrieval.tables import OverlapCandidates, column_types
from landmark_retrieval.verification.evidence import Evidence

SETTINGS = ReviewSettings(
    candidates=10,
    queries=2,
    photographs=3,
    drawings=2,
    lines=4,
    thumbnail_height=24,
    drawing_height=40,
    quality=80,
)
TRAIN = {"a": 1, "b": 1, "c": 1, "d": 1, "e": 2, "f": 3}
INLIERS = {
    "oxford": {("p", "b"): 9, ("p", "a"): 7, ("q", "b"): 8, ("q", "c"): 0, ("q", "e"): 3},
    "paris": {("p", "b"): 9, ("r", "e"): 5},
}
"""Both benchmarks have a query `p`."""


def evidence(inliers: dict[tuple[str, str], int]) -> Evidence:
    queries, images = sorted({q for q, _ in inliers}), sorted(TRAIN)
    ordered = sorted(inliers)
    counts = np.array([inliers[pair] for pair in ordered], np.int32)
    transforms = np.tile(np.eye(3, dtype=np.float32), (len(counts), 1, 1))
    transforms[counts == 0] = np.nan
    rows = np.array([[queries.index(q), images.index(i)] for q, i in ordered], np.int32)
    return Evidence(
        image_ids=np.array(queries),
        other_ids=np.array(images),
        pairs=rows,
        direction=np.ones(len(counts), np.uint8),
        matches=counts * 2 + 1,
        inliers=counts,
        transforms=transforms,
        offsets=np.concatenate([[0], counts.cumsum()]).astype(np.int64),
        matched=np.random.default_rng(0).integers(16, 16 * 20, (counts.sum(), 4)).astype(np.uint16),
    )


@pytest.fixture
def candidates() -> pd.DataFrame:
    """Landmark 3 is known by its name alone; 4 is listed, without images."""
    nan = float("nan")
    rows = [
        (3, "Three", "", 0, 0, 0, 0, nan, 0.9, "Drei", 93.0, False, "its name"),
        (2, "Two", "oxford, paris", 1, 1, 1, 5, 0.5, 2.0, "", nan, False, "verified"),
        (1, "One", "oxford, paris", 3, 2, 4, 9, 0.9, 4.5, "", nan, True, "verified"),
        (4, "", "", 0, 0, 0, 0, nan, 0.9, "", nan, True, "listed"),
    ]
    return pd.DataFrame(rows, columns=list(column_types(OverlapCandidates)))


@pytest.fixture
def pairs() -> pd.DataFrame:
    rows = [
        (benchmark, query, image, TRAIN[image], count / 10, i, 2 * count + 1, count, count > 4)
        for benchmark, found in INLIERS.items()
        for i, ((query, image), count) in enumerate(found.items())
    ]
    columns = ["benchmark", "query_id", "image_id", "landmark_id", "similarity", "rank", "matches", "inliers"]
    return pd.DataFrame(rows, columns=[*columns, "verified"])


@pytest.fixture
def evaluation(tmp_path) -> dict[str, EvaluationSet]:
    """Queries of noise; those of Oxford have a box."""
    sets = {}
    for seed, (benchmark, inliers) in enumerate(INLIERS.items()):
        rng = np.random.default_rng(seed)
        (tmp_path / benchmark).mkdir()
        ids = sorted({query for query, _ in inliers})
        for name in ids:
            pixels = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
            cv2.imwrite(str(tmp_path / benchmark / f"{name}.png"), pixels)
        images = pd.DataFrame({"image_id": ids, "path": [f"{name}.png" for name in ids]})
        box = [4.0, 4.0, 24.0, 24.0] if benchmark == "oxford" else [np.nan] * 4
        images[["x1", "y1", "x2", "y2"]] = box
        sets[benchmark] = EvaluationSet(evidence(inliers), images, FileTree(tmp_path / benchmark))
    return sets


@pytest.fixture
def train(tmp_path) -> TrainingSet:
    (tmp_path / "train").mkdir()
    for i, name in enumerate(TRAIN):
        cv2.imwrite(str(tmp_path / "train" / f"{name}.png"), np.full((30, 40, 3), 30 * i, np.uint8))
    table = {"image_id": list(TRAIN), "path": [f"{i}.png" for i in TRAIN], "landmark_id": TRAIN.values()}
    return TrainingSet(pd.DataFrame(table), FileTree(tmp_path / "train"))


def pixels_of(address: str) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)


def test_best_evidence_first(candidates, pairs, evaluation, train):
    rows = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)
    assert [row.landmark_id for row in rows] == [1, 2, 3, 4]
    told = pd.DataFrame([asdict(row) for row in rows])[list(column_types(OverlapCandidates))]
    pd.testing.assert_frame_equal(told, candidates.sort_values("landmark_id", ignore_index=True))


def test_rows_of_artefacts_by_name(candidates, pairs, evaluation, train):
    found = {"candidates": candidates, "paris.query_names": pairs}
    for benchmark, side in evaluation.items():
        parts = side.evidence, pairs[pairs["benchmark"] == benchmark], side.images, side.files
        names = ("overlap_evidence", "overlap_pairs", "query_images", "raw")
        found |= {f"{benchmark}.{name}": part for name, part in zip(names, parts, strict=True)}
    expected = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)
    # as text, since NaN differs from itself
    assert repr(review_rows(candidates, train, found, 40, SETTINGS)) == repr(expected)


def test_equal_scores_are_ordered_by_name_and_id(candidates, pairs, evaluation, train):
    def order(**columns) -> list[int]:
        table = candidates.assign(score=1.0, **columns)
        return [row.landmark_id for row in build_rows(table, pairs, evaluation, train, 40, SETTINGS)]

    assert order(name_similarity=np.nan) == [1, 2, 3, 4]
    assert order() == [3, 1, 2, 4]
    assert order(name_similarity=[90.0, 80.0, np.nan, 95.0]) == [4, 3, 2, 1]


def test_tiles_of_a_landmark_by_inliers_then_similarity_then_names(candidates, pairs, evaluation, train):
    row = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)[0]
    assert [(tile.image_id, tile.caption) for tile in row.query_tiles] == [
        ("p", "oxford, 9 inliers"),
        ("p", "paris, 9 inliers"),
    ]
    assert [(tile.image_id, tile.caption) for tile in row.photographs] == [
        ("b", "9 inliers"),
        ("a", "7 inliers"),
        ("c", "0 inliers"),
    ]
    assert [(tile.image_id, tile.caption) for tile in row.drawings] == [
        ("p – b", "similarity 0.90, rank 1, 9 inliers of 19 matches"),
        ("p – b", "similarity 0.90, rank 1, 9 inliers of 19 matches"),
    ]
    assert row.query_tiles[0].address != row.query_tiles[1].address
    assert row.drawings[0].address != row.drawings[1].address


def test_pictures_have_the_size_asked_for(candidates, pairs, evaluation, train):
    row = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)[0]
    boxed, whole = (pixels_of(tile.address).shape for tile in row.query_tiles)
    assert (boxed, whole) == ((20, 20, 3), (24, 32, 3))  # never enlarged
    assert {pixels_of(tile.address).shape[0] for tile in row.photographs} == {24}
    assert {pixels_of(tile.address).shape[0] for tile in row.drawings} == {40}


def test_landmark_without_pairs_shows_its_photographs(candidates, pairs, evaluation, train):
    named, listed = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)[2:]
    assert [(tile.image_id, tile.caption) for tile in named.photographs] == [("f", "not compared")]
    assert (named.query_tiles, named.drawings) == ((), ())
    assert (listed.query_tiles, listed.photographs, listed.drawings) == ((), (), ())


def test_pairs_without_inliers_are_not_drawn(candidates, pairs, evaluation, train):
    all_of_them = SETTINGS.model_copy(update={"drawings": 99, "photographs": 99})
    one = build_rows(candidates, pairs, evaluation, train, 40, all_of_them)[0]
    assert [tile.image_id for tile in one.drawings] == ["p – b", "p – b", "q – b", "p – a"]
    assert [tile.image_id for tile in one.photographs] == ["b", "a", "c", "d"]


def test_only_the_best_candidates(candidates, pairs, evaluation, train):
    few = SETTINGS.model_copy(update={"candidates": 2})
    assert [r.landmark_id for r in build_rows(candidates, pairs, evaluation, train, 40, few)] == [1, 2]


def test_order_of_the_tables_changes_nothing(candidates, pairs, evaluation, train):
    once = build_rows(candidates[2:], pairs, evaluation, train, 40, SETTINGS)
    mixed = TrainingSet(train.images[::-1], train.files)
    again = build_rows(
        candidates[2:][::-1], pairs.sample(frac=1, random_state=0), evaluation, mixed, 40, SETTINGS
    )
    assert [asdict(row)["drawings"] for row in once] == [asdict(row)["drawings"] for row in again]
    assert [row.photographs for row in once] == [row.photographs for row in again]
    assert [row.query_tiles for row in once] == [row.query_tiles for row in again]


def test_no_candidates(candidates, pairs, evaluation, train):
    assert build_rows(candidates[:0], pairs, evaluation, train, 40, SETTINGS) == ()
    assert len(build_rows(candidates, pairs[:0], {}, train, 40, SETTINGS)) == 4


def test_damaged_photograph_is_an_empty_tile(candidates, pairs, evaluation, train, caplog):
    train.files.path("b.png").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        row = build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)[0]
    assert [tile.address == "" for tile in row.photographs] == [True, False, False]
    assert [tile.address for tile in row.drawings] == ["", ""]
    assert "b.png: empty" in caplog.text


def test_evidence_of_other_pairs(candidates, pairs, evaluation, train):
    evaluation["oxford"].evidence.other_ids[0] = "z"
    with pytest.raises(DataError, match="evidence of oxford: none for the pair 'p', 'a'"):
        build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)


def test_unknown_benchmark_query_and_image(candidates, pairs, evaluation, train):
    with pytest.raises(DataError, match=r"expected benchmarks \['paris'\], found 'oxford'"):
        build_rows(candidates, pairs, {"paris": evaluation["paris"]}, train, 40, SETTINGS)
    short = TrainingSet(train.images[1:], train.files)
    with pytest.raises(DataError, match="training images: expected 'a'"):
        build_rows(candidates, pairs, evaluation, short, 40, SETTINGS)
    oxford = evaluation["oxford"]
    evaluation["oxford"] = EvaluationSet(oxford.evidence, oxford.images[1:], oxford.files)
    with pytest.raises(DataError, match="query images of oxford: expected 'p'"):
        build_rows(candidates, pairs, evaluation, train, 40, SETTINGS)
