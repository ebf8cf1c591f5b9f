import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.comparison import compare, summarise, summarise_recognition
from landmark_retrieval.metrics.gldv2_recognition import gap, judge_predictions
from landmark_retrieval.metrics.intervals import IntervalSettings, mean_interval
from landmark_retrieval.metrics.paired_tests import difference_interval, holm
from landmark_retrieval.metrics.protocol import GAP, GLDV2_RETRIEVAL, REVISITED

SETTINGS = IntervalSettings(resamples=300, confidence=0.9, seed=1)


def gldv2_table(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    usage = np.array(["Public", "Private", "Ignored"])[np.arange(n) % 3]
    figures = np.where((usage == "Ignored")[:, None], np.nan, rng.random((n, 3)))
    table = pd.DataFrame(figures, columns=["ap", "p10", "first_correct"])
    ids = [f"q{i:02}" for i in range(n)]
    clusters = [f"c{i % 24:02}" for i in range(n)]
    return table.assign(image_id=ids, usage=usage, cluster=clusters, n_relevant=1)


def revisited_table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (f"q{i}", d, f"c{i // 3}", 1, *rng.random(4)) for i in range(12) for d in ("Easy", "Medium", "Hard")
    ]
    columns = ["query_id", "difficulty", "cluster", "n_positive", "ap", "p1", "p5", "p10"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[table["query_id"] == "q3", ["ap", "p1", "p5", "p10"]] = np.nan
    return table


def test_summary_of_gldv2():
    table = gldv2_table(0)
    summary = summarise(table, [GLDV2_RETRIEVAL.on("world")], SETTINGS)
    assert summary[["split", "metric", "unit", "n", "clusters"]].to_numpy().tolist() == [
        [split, metric, unit, 20, clusters]
        for split, clusters in (("Private", 8), ("Public", 8))
        for metric, unit in (("mAP@100", "fraction"), ("P@10", "fraction"), ("MeanPos", "rank"))
    ]
    private = table[table["usage"] == "Private"]
    expected = mean_interval(private["ap"].to_numpy(), SETTINGS, private["cluster"], (0, 1))
    assert summary.loc[0, ["value", "low", "high"]].tolist() == [
        expected.estimate,
        expected.low,
        expected.high,
    ]
    assert set(summary["benchmark"]) == {"world"}
    assert set(summary["protocol"]) == {str(GLDV2_RETRIEVAL.on("world"))}


def test_summary_of_the_revisited_difficulties():
    summary = summarise(revisited_table(0), REVISITED, SETTINGS)
    assert summary["split"].unique().tolist() == ["Medium", "Hard", "Easy"]
    assert summary["n"].eq(11).all()
    assert summary["protocol"].nunique() == 3


def test_a_split_without_queries_is_left_out():
    table = revisited_table(0)
    table.loc[table["difficulty"] == "Easy", ["ap", "p1", "p5", "p10"]] = np.nan
    assert summarise(table, REVISITED, SETTINGS)["split"].unique().tolist() == ["Medium", "Hard"]


def test_compare_pairs_each_ablation_with_its_systems_baseline():
    tables = {
        (v, a): gldv2_table(i) for i, (v, a) in enumerate((v, a) for v in "xy" for a in ("knn", "sort"))
    }
    comparison = compare(tables, [GLDV2_RETRIEVAL], "knn", SETTINGS)
    assert comparison[["system", "ablation"]].drop_duplicates().to_numpy().tolist() == [
        list(run) for run in tables
    ]
    private = {run: table.loc[table["usage"] == "Private", "ap"].to_numpy() for run, table in tables.items()}
    clusters = tables["y", "knn"].loc[lambda table: table["usage"] == "Private", "cluster"]
    expected = difference_interval(private["y", "sort"], private["y", "knn"], SETTINGS, clusters)
    row = comparison.set_index(["system", "ablation", "split", "metric"]).loc[
        "y", "sort", "Private", "mAP@100"
    ]
    columns = ["delta", "delta_low", "delta_high", "changed", "p"]
    assert row[columns].tolist() == [
        expected.estimate,
        expected.low,
        expected.high,
        expected.changed,
        expected.p,
    ]
    assert row["delta"] == pytest.approx(private["y", "sort"].mean() - private["y", "knn"].mean())
    assert comparison.loc[comparison["ablation"] == "knn", ["delta", "p", "p_adjusted"]].isna().all(axis=None)


def test_p_values_of_a_column_are_adjusted_together():
    tables = {("v", "knn"): gldv2_table(0)}
    for i, ablation in enumerate(("aqe", "sort", "insert")):
        better = gldv2_table(0)
        better["ap"] += np.random.default_rng(i).normal(0.05 * i, 0.1, len(better))
        tables["v", ablation] = better
    comparison = compare(tables, [GLDV2_RETRIEVAL], "knn", SETTINGS)
    for _, column in comparison.groupby(["split", "metric"]):
        assert column["p_adjusted"].tolist() == pytest.approx(holm(column["p"]).tolist(), nan_ok=True)
    private = comparison[(comparison["split"] == "Private") & (comparison["metric"] == "mAP@100")].dropna()
    assert (private["p_adjusted"] > private["p"]).any()
    unchanged = comparison[comparison["metric"] == "P@10"]
    assert unchanged["changed"].eq(0).all()
    assert unchanged["delta_low"].isna().all()


def test_queries_in_other_clusters_than_the_baseline():
    other = gldv2_table(1).assign(cluster="one")
    with pytest.raises(DataError, match="Private queries have other clusters than those of the baseline"):
        compare({("v", "knn"): gldv2_table(0), ("v", "sort"): other}, [GLDV2_RETRIEVAL], "knn", SETTINGS)


def test_figures_without_clusters_are_of_an_older_version():
    with pytest.raises(DataError, match="without the column 'cluster': evaluate again"):
        summarise(gldv2_table(0).drop(columns="cluster"), [GLDV2_RETRIEVAL], SETTINGS)


def test_order_of_the_queries_changes_nothing():
    tables = {("v", "knn"): gldv2_table(0), ("v", "sort"): gldv2_table(1)}
    shuffled = {run: table.sample(frac=1, random_state=i) for i, (run, table) in enumerate(tables.items())}
    pd.testing.assert_frame_equal(
        compare(shuffled, [GLDV2_RETRIEVAL], "knn", SETTINGS),
        compare(tables, [GLDV2_RETRIEVAL], "knn", SETTINGS),
    )


def test_other_queries_than_the_baseline():
    renamed = gldv2_table(1).replace("q01", "q99")
    with pytest.raises(DataError, match="Private queries differ from those of the baseline"):
        compare({("v", "knn"): gldv2_table(0), ("v", "sort"): renamed}, [GLDV2_RETRIEVAL], "knn", SETTINGS)


def test_system_without_baseline():
    with pytest.raises(DataError, match="system 'w' has no ablation 'knn'"):
        compare(
            {("v", "knn"): gldv2_table(0), ("w", "sort"): gldv2_table(1)}, [GLDV2_RETRIEVAL], "knn", SETTINGS
        )


def test_recognition():
    rng = np.random.default_rng(0)
    ids = [f"q{i}" for i in range(40)]
    solution = pd.DataFrame(
        {
            "image_id": ids,
            "usage": ["Private", "Private", "Ignored", "Private"] * 10,
            "landmark_ids": [[1], [], [2], [2]] * 10,
        }
    )
    predicted = pd.DataFrame(
        {"image_id": ids, "landmark_id": rng.integers(1, 3, 40), "score": rng.random(40)}
    )
    images = judge_predictions(predicted, solution)
    summary = summarise_recognition(images, SETTINGS, GAP.on("world")).set_index("metric")
    assert summary["value"].tolist() == pytest.approx(
        [gap(images), gap(images, True), images.loc[images["has_landmark"], "correct"].mean()]
    )
    assert summary["n"].tolist() == [30, 30, 20]
    assert summary["clusters"].tolist() == [12, 12, 2]  # ten show no landmark, the others one of two
    assert (summary["low"] <= summary["value"]).all()
    assert (summary["value"] <= summary["high"]).all()
    assert summary["split"].eq("Private").all()
