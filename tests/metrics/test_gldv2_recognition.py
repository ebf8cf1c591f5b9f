import numpy as np
import pandas as pd
import pytest
from scipy import stats

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.gldv2_recognition import gap, gap_interval, judge_predictions
from landmark_retrieval.metrics.intervals import IntervalSettings, bca, student

SOLUTION = pd.DataFrame(
    {
        "image_id": ["a", "b", "c", "d", "e"],
        "usage": "Private",
        "landmark_ids": [[0, 12], [100, 200, 300], [1], [], []],
    }
)
SETTINGS = IntervalSettings(resamples=200, confidence=0.9, seed=3)


def predictions(rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image_id", "landmark_id", "score"])


FIRST = predictions([("b", 0, 0.01), ("c", 1, 10.0), ("d", 150, 15.0)])
TIES = predictions([("a", 12, 0.5), ("b", 7, 0.5), ("c", 1, 0.5), ("d", 3, 0.9)])


def loop(table: pd.DataFrame, solution: pd.DataFrame, ignore: bool = False) -> float:
    truth = dict(zip(solution["image_id"], solution["landmark_ids"], strict=True))
    ordered = sorted(table.itertuples(), key=lambda row: (-row.score, row.image_id, row.landmark_id))
    seen = correct = total = 0
    for row in ordered:
        if ignore and not len(truth[row.image_id]):
            continue
        seen += 1
        if row.landmark_id in truth[row.image_id]:
            correct += 1
            total += correct / seen
    return total / sum(len(ids) > 0 for ids in truth.values())


def test_reference_vector():
    images = judge_predictions(FIRST, SOLUTION)
    assert gap(images) == pytest.approx(0.166667, abs=1e-6)
    assert gap(images, ignore_without_landmark=True) == pytest.approx(0.333333, abs=1e-6)


def test_reference_vector_with_ties():
    images = judge_predictions(TIES, SOLUTION)
    assert gap(images) == pytest.approx(0.333333, abs=1e-6)
    assert gap(images, ignore_without_landmark=True) == pytest.approx(0.555556, abs=1e-6)


def random_case() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    ids = [f"q{i:03}" for i in rng.permutation(200)]
    truth = [rng.integers(0, 4, size=rng.integers(0, 3)).tolist() for _ in ids]
    solution = pd.DataFrame({"image_id": ids, "usage": "Public", "landmark_ids": truth})
    rows = [(i, int(rng.integers(0, 4)), float(rng.integers(0, 8) / 8)) for i in ids if rng.random() < 0.8]
    return predictions(rows), solution


@pytest.mark.parametrize("ignore", [False, True])
def test_agrees_with_the_loop(ignore):
    table, solution = random_case()
    assert gap(judge_predictions(table, solution), ignore) == pytest.approx(loop(table, solution, ignore))


def test_order_of_the_rows_changes_nothing():
    table, solution = random_case()
    images = judge_predictions(table.sample(frac=1, random_state=0), solution.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(images, judge_predictions(table, solution))


def test_no_prediction_is_the_same_as_an_unknown_landmark():
    unknown = pd.concat([FIRST, predictions([("a", -1, 99.0)])])
    pd.testing.assert_frame_equal(judge_predictions(unknown, SOLUTION), judge_predictions(FIRST, SOLUTION))


def test_nothing_predicted_at_all():
    images = judge_predictions(FIRST[:0], SOLUTION)
    assert gap(images) == 0


def test_ignored_images_do_not_count():
    solution = SOLUTION.assign(usage=["Private", "Private", "Private", "Ignored", "Private"])
    images = judge_predictions(FIRST, solution)
    assert "d" not in images["image_id"].tolist()
    assert gap(images) == pytest.approx(1 / 3)


def test_without_any_landmark_there_is_no_figure():
    assert np.isnan(gap(judge_predictions(FIRST[2:], SOLUTION[3:])))


@pytest.mark.parametrize("clusters", [200, 60])
@pytest.mark.parametrize("ignore", [False, True])
def test_interval_is_made_of_resampled_clusters(clusters, ignore):
    images = judge_predictions(*random_case())
    own = np.arange(200) % clusters
    images["cluster"] = [f"c{i:03}" for i in own]
    rng = np.random.default_rng(SETTINGS.seed)
    drawn = [
        gap(images.iloc[np.sort(np.concatenate([np.flatnonzero(own == i) for i in line]))], ignore)
        for line in rng.integers(clusters, size=(SETTINGS.resamples, clusters))
    ]
    left_out = np.array([gap(images[own != i], ignore) for i in range(clusters)])
    deviate = stats.t.ppf(0.95, clusters - 1) * np.sqrt(clusters / (clusters - 1))
    estimate = gap(images, ignore)
    bounds = (
        bca(np.array(drawn), estimate, left_out, deviate),
        student(estimate, left_out, clusters, SETTINGS.confidence),
    )
    interval = gap_interval(images, SETTINGS, ignore)
    expected = min(low for low, _ in bounds), max(high for _, high in bounds)
    assert (interval.low, interval.high) == pytest.approx(expected)
    assert interval.estimate == estimate
    assert (interval.n, interval.clusters) == (200, clusters)


def test_images_of_one_landmark_are_a_cluster():
    solution = SOLUTION.assign(landmark_ids=[[7], [7, 8], [8], [], []])
    images = judge_predictions(FIRST, solution).set_index("image_id")
    assert images["cluster"].to_dict() == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e"}


def test_prediction_for_an_unknown_image():
    with pytest.raises(DataError, match="predicted for 'x', which is not in the solution"):
        judge_predictions(pd.concat([FIRST, predictions([("x", 1, 1.0)])]), SOLUTION)
