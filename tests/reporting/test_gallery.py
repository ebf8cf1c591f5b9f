import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reporting.gallery import (
    BenchmarkPictures,
    GallerySettings,
    Results,
    build_panels,
    choose_queries,
)
from landmark_retrieval.search.identity import ids_fingerprint

QUERIES, INDEX = ["q0", "q1"], ["a", "b", "c", "d"]
SETTINGS = GallerySettings(queries=2, depth=3, thumbnail_height=16)


def table(**ap: float) -> pd.DataFrame:
    return pd.DataFrame({"image_id": list(ap), "ap": list(ap.values())})


def test_worst_losses_then_best_gains():
    baseline = table(a=0.5, b=0.5, c=0.5, d=0.5, e=0.5, f=0.5)
    changed = table(f=0.9, e=0.6, d=0.5, c=0.4, b=0.1, a=0.7)
    assert choose_queries(changed, baseline, 4) == ["b", "c", "f", "a"]
    assert choose_queries(changed, baseline, 2) == ["b", "f"]
    assert choose_queries(changed, baseline, 3) == ["b", "c", "f"]
    assert choose_queries(changed, baseline, 99) == ["b", "c", "f", "a", "e"]
    assert choose_queries(changed, baseline, 0) == []


def test_free_places_go_to_the_other_side():
    baseline = table(a=0.5, b=0.5, c=0.5, d=0.5)
    assert choose_queries(table(a=0.6, b=0.7, c=0.8, d=0.4), baseline, 4) == ["d", "c", "b", "a"]
    assert choose_queries(table(a=0.4, b=0.3, c=0.2, d=0.6), baseline, 4) == ["c", "b", "a", "d"]


def test_ties_end_by_id_whatever_the_order_of_rows():
    baseline, changed = table(a=0.5, b=0.5, c=0.5), table(c=0.4, a=0.4, b=0.4)
    assert choose_queries(changed, baseline, 2) == ["a", "b"]


def test_queries_that_do_not_count_or_change_are_not_shown():
    baseline = table(a=np.nan, b=0.5)
    assert choose_queries(baseline, baseline, 5) == []
    assert choose_queries(
        baseline.rename(columns={"image_id": "query_id"}),
        table(a=1, b=1).rename(columns={"image_id": "query_id"}),
        5,
        key="query_id",
    ) == ["b"]


@pytest.fixture
def photographs(tmp_path) -> BenchmarkPictures:
    """Every picture but that of `d`; the query `q1` has a box."""
    rng = np.random.default_rng(0)
    for name in [*QUERIES, *INDEX[:3]]:
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), rng.integers(0, 256, (32, 48, 3), dtype=np.uint8))
    queries = pd.DataFrame({"image_id": QUERIES[::-1], "path": [f"{q}.jpg" for q in QUERIES[::-1]]})
    boxes = pd.DataFrame([[4.0, 4.0, 20.0, 20.0], [np.nan] * 4], columns=["x1", "y1", "x2", "y2"])
    index = pd.DataFrame({"image_id": INDEX, "path": [f"{i}.jpg" for i in INDEX]})
    return BenchmarkPictures(FileTree(tmp_path), queries.join(boxes), index)


def results(rows: str = "") -> Results:
    def ranking(positions: list[list[int]]) -> Ranking:
        array = np.array(positions, dtype=np.int64)
        scores = np.where(array < 0, -np.inf, -np.arange(array.shape[1], dtype=np.float32)).astype(np.float32)
        return Ranking(array, scores, 4, rows)

    rankings = {
        "knn": ranking([[0, 1, 2, -1], [3, 2, 1, 0]]),
        "sort": ranking([[2, 3, 0, 1], [3, -1, -1, -1]]),
    }
    return Results(QUERIES, INDEX, rankings, {"knn": {"q0": 0.5, "q1": 0.2}, "sort": {"q0": 0.75}})


PREDICTIONS = pd.DataFrame({"image_id": ["q0"], "landmark_id": [7], "score": [0.876]})


def panels(photographs: BenchmarkPictures, queries: list[str], rows: str = ""):
    judged = {"q0": {"c": "correct", "b": "ignored"}}
    return build_panels(queries, results(rows), judged, photographs, PREDICTIONS, {7: "Opera"}, SETTINGS)


def test_rows_hold_what_the_rankings_say(photographs):
    (panel,) = panels(photographs, ["q0"])
    knn, sort = panel.rows
    assert [(tile.image_id, tile.frame, *tile.notes) for tile in knn.tiles] == [
        ("a", "wrong", "1"),
        ("b", "ignored", "2"),
        ("c", "correct", "3"),
    ]
    assert [(tile.image_id, tile.frame, *tile.notes) for tile in sort.tiles] == [
        ("c", "correct", "1 ← 3"),
        ("d", "wrong", "2 new"),
        ("a", "wrong", "3 ← 1"),
    ]
    assert (knn.ap, sort.ap, sort.change) == (0.5, 0.75, 0.25)
    assert panel.predicted == "predicted landmark 7 Opera, score 0.88"


def test_pictures_are_embedded_once_and_missing_ones_left_blank(photographs):
    (panel,) = panels(photographs, ["q0"])
    knn, sort = ({tile.image_id: tile.thumbnail for tile in row.tiles} for row in panel.rows)
    assert knn["a"].startswith("data:image/jpeg;base64,")
    assert knn["a"] is sort["a"]
    assert knn["a"] != knn["b"]
    assert sort["d"] == ""


def test_short_list_missing_prediction_and_ap(photographs):
    (panel,) = panels(photographs, ["q1"])
    assert panel.predicted == "no landmark predicted"
    assert len(panel.rows[1].tiles) == 1
    assert np.isnan(panel.rows[1].ap)
    assert panel.query.thumbnail


def test_query_that_was_not_ranked(photographs):
    (panel,) = panels(photographs, ["q9"])
    assert [row.tiles for row in panel.rows] == [(), ()]
    assert panel.query.thumbnail == ""


def test_no_queries(photographs):
    assert panels(photographs, []) == ()


def test_rankings_of_other_images(photographs):
    assert panels(photographs, ["q0"], ids_fingerprint(QUERIES, INDEX))
    with pytest.raises(DataError, match="made for other images"):
        panels(photographs, ["q0"], ids_fingerprint(QUERIES, INDEX[::-1]))
