from collections.abc import Callable
from itertools import chain

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.comparison import compare
from landmark_retrieval.metrics.effects import (
    ALL,
    OTHER,
    OVERLAPPING,
    effects,
    leak_groups,
    overlapping_queries,
)
from landmark_retrieval.metrics.intervals import IntervalSettings, bca, student
from landmark_retrieval.metrics.paired_tests import holm
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED, REVISITED_MEDIUM
from landmark_retrieval.tables import Effects, column_types

SETTINGS = IntervalSettings(resamples=200, confidence=0.9, seed=3)
CONTRAST = f"{OVERLAPPING} − {OTHER}"
LEAKED = {f"q{i:02}" for i in range(0, 30, 3)}


def medium(seed: int, n: int = 30) -> pd.DataFrame:
    figures = np.random.default_rng(seed).random((n, 4))
    table = pd.DataFrame(figures, columns=["ap", "p1", "p5", "p10"])
    ids = [f"q{i:02}" for i in range(n)]
    return table.assign(query_id=ids, difficulty="Medium", cluster=[f"c{i // 2:02}" for i in range(n)])


def gldv2(seed: int, n: int = 24) -> pd.DataFrame:
    usage = np.array(["Public", "Private", "Ignored"])[np.arange(n) % 3]
    figures = np.where((usage == "Ignored")[:, None], np.nan, np.random.default_rng(seed).random((n, 3)))
    table = pd.DataFrame(figures, columns=["ap", "p10", "first_correct"])
    ids = [f"q{i:02}" for i in range(n)]
    return table.assign(image_id=ids, usage=usage, cluster=[f"c{i // 4}" for i in range(n)])


def of(table: pd.DataFrame, group: str, measure: str = "mAP", ablation: str = "knn") -> pd.Series:
    rows = table[(table["group"] == group) & (table["measure"] == measure) & (table["ablation"] == ablation)]
    assert len(rows) == 1
    return rows.iloc[0]


Changes = dict[str, float]


def of_clusters(changes: Changes) -> list[list[str]]:
    """The queries of each cluster: neighbouring numbers."""
    clusters: dict[int, list[str]] = {}
    for query in sorted(changes):
        clusters.setdefault(int(query[1:]) // 2, []).append(query)
    return list(clusters.values())


def naive_bounds(changes: Changes, figure: Callable[[list[str]], float]) -> list[float]:
    """Low and high of a figure of queries: every resample of clusters, and each left out, by hand."""
    clusters = of_clusters(changes)
    n = len(clusters)
    lines = np.random.default_rng(SETTINGS.seed).integers(n, size=(SETTINGS.resamples, n))
    drawn = np.array([figure([query for i in line for query in clusters[i]]) for line in lines])
    rest = np.array([figure([*chain(*clusters[:i], *clusters[i + 1 :])]) for i in range(n)])
    estimate = figure([*chain(*clusters)])
    deviate = stats.t.ppf(0.95, n - 1) * np.sqrt(n / (n - 1))
    drawn = drawn[~np.isnan(drawn)]
    lows, highs = zip(bca(drawn, estimate, rest, deviate), student(estimate, rest, n, 0.9), strict=True)
    return [min(lows), max(highs)]


def naive_mean(changes: Changes) -> list[float]:
    return naive_bounds(changes, lambda queries: sum(changes[q] for q in queries) / len(queries))


def naive_contrast(changes: Changes) -> list[float]:
    def figure(queries: list[str]) -> float:
        leaked = [changes[q] for q in queries if q in LEAKED]
        others = [changes[q] for q in queries if q not in LEAKED]
        return sum(leaked) / len(leaked) - sum(others) / len(others) if leaked and others else np.nan

    return naive_bounds(changes, figure)


@pytest.fixture(scope="module")
def leak() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    before, after = medium(0), medium(1)
    groups = leak_groups(before["query_id"], LEAKED)
    return before, after, effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS, groups)


def test_groups_against_naive_loops(leak):
    before, after, table = leak
    assert list(table) == list(column_types(Effects))
    changes = dict(zip(before["query_id"], after["ap"] - before["ap"], strict=True))
    parts = {
        ALL: changes,
        OVERLAPPING: {q: c for q, c in changes.items() if q in LEAKED},
        OTHER: {q: c for q, c in changes.items() if q not in LEAKED},
    }
    for name, part in parts.items():
        row = of(table, name)
        assert row["queries"] == len(part)
        assert row["difference"] == pytest.approx(sum(part.values()) / len(part))
        assert row["after"] - row["before"] == pytest.approx(row["difference"])
        assert [row["low"], row["high"]] == pytest.approx(naive_mean(part))
        assert row["clusters"] == len(of_clusters(part))
        assert row["changed"] == len(part)
    assert of(table, OVERLAPPING)["before"] == pytest.approx(
        before.loc[before["query_id"].isin(LEAKED), "ap"].mean()
    )


def test_drop_from_the_leak_against_a_naive_loop(leak):
    before, after, table = leak
    changes = dict(zip(before["query_id"], after["ap"] - before["ap"], strict=True))
    row = of(table, CONTRAST)
    assert row["queries"] == 30
    parts = of(table, OVERLAPPING), of(table, OTHER)
    for column in ("before", "after", "difference"):
        assert row[column] == pytest.approx(parts[0][column] - parts[1][column])
    assert [row["low"], row["high"]] == pytest.approx(naive_contrast(changes))
    assert row["clusters"] == len(of_clusters({q: c for q, c in changes.items() if q in LEAKED}))


def test_a_leak_that_is_there_is_found():
    before = medium(0, 60)
    leaked = {f"q{i:02}" for i in range(20)}
    after = before.copy()
    after["ap"] -= np.where(after["query_id"].isin(leaked), 0.2, 0.01)
    groups = leak_groups(before["query_id"], leaked)
    table = effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS, groups)
    row = of(table, CONTRAST)
    assert [row["low"], row["difference"], row["high"]] == pytest.approx([-0.19] * 3)
    assert row["p"] < 0.01


def test_the_drop_from_the_leak_is_not_found_where_all_queries_drop_alike():
    rng = np.random.default_rng(3)
    found = []
    for seed in range(200):
        before = medium(seed, 60)
        after = before.copy()
        after["ap"] -= 0.2 + rng.normal(0, 0.05, 60)
        groups = leak_groups(before["query_id"], {f"q{i:02}" for i in range(0, 60, 3)})
        table = effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS, groups)
        assert of(table, ALL)["p"] < 0.001
        found.append(of(table, CONTRAST)["p"])
    rejected = np.mean(np.array(found) < 0.05)
    assert abs(rejected - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 200)


def test_p_values_of_a_group_are_adjusted_for_the_ablations():
    before = {name: medium(i) for i, name in enumerate(("knn", "aqe", "sort"))}
    after = {name: medium(i + 3) for i, name in enumerate(before)}
    groups = leak_groups(before["knn"]["query_id"], LEAKED)
    table = effects(before, after, [REVISITED_MEDIUM], SETTINGS, groups)
    for _, rows in table.groupby(["measure", "group"]):
        assert rows["p_adjusted"].tolist() == pytest.approx(holm(rows["p"]).tolist())


def test_bounds_are_possible_differences():
    before, after = medium(0, 4), medium(1, 4)
    before["ap"], after["ap"] = [0.0, 0.1, 1.0, 1.0], [1.0, 1.0, 0.0, 0.1]
    table = effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS)
    row = of(table, ALL)
    assert (row["low"], row["high"]) == (-1.0, 1.0)


def test_another_ground_truth():
    other = medium(1).assign(cluster="one")
    with pytest.raises(DataError, match="judged by another ground truth"):
        effects({"knn": medium(0)}, {"knn": other}, [REVISITED_MEDIUM], SETTINGS)


def test_whole_benchmark_is_what_the_comparison_says():
    """Two variants put into the comparison as two ablations give the same paired difference."""
    before, after = gldv2(0), gldv2(1)
    table = effects({"knn": before}, {"knn": after}, [GLDV2_RETRIEVAL.on("world")], SETTINGS)
    expected = compare(
        {("v", "before"): before, ("v", "after"): after}, [GLDV2_RETRIEVAL.on("world")], "before", SETTINGS
    )
    expected = expected[expected["ablation"] == "after"]
    assert table["group"].eq(ALL).all()
    for mine, theirs in (
        ("benchmark", "benchmark"),
        ("split", "split"),
        ("measure", "metric"),
        ("unit", "unit"),
        ("queries", "n"),
        ("protocol", "protocol"),
    ):
        assert table[mine].tolist() == expected[theirs].tolist()
    same = ("clusters", "changed", "p", "p_adjusted")
    bounds = (("difference", "delta"), ("low", "delta_low"), ("high", "delta_high"))
    for mine, theirs in (*bounds, *zip(same, same, strict=True)):
        assert table[mine].tolist() == pytest.approx(expected[theirs].tolist())


def test_a_query_that_counts_on_one_side_only_is_left_out():
    before, after = medium(0), medium(1)
    before.loc[0, "ap"] = np.nan
    after.loc[5, "ap"] = np.nan
    row = of(effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS), ALL)
    rest = [i for i in range(30) if i not in (0, 5)]
    assert row["queries"] == 28
    assert row["before"] == pytest.approx(before.loc[rest, "ap"].mean())
    assert row["after"] == pytest.approx(after.loc[rest, "ap"].mean())


def test_order_of_rows_changes_nothing(leak):
    before, after, table = leak
    shuffled = effects(
        {"knn": before.sample(frac=1, random_state=0)},
        {"knn": after.sample(frac=1, random_state=1)},
        [REVISITED_MEDIUM],
        SETTINGS,
        leak_groups(before["query_id"].sample(frac=1, random_state=2), LEAKED),
    )
    pd.testing.assert_frame_equal(shuffled, table)


def test_exchanged_sides_change_the_sign(leak):
    before, after, table = leak
    groups = leak_groups(before["query_id"], LEAKED)
    back = effects({"knn": after}, {"knn": before}, [REVISITED_MEDIUM], SETTINGS, groups)
    assert back["difference"].tolist() == pytest.approx((-table["difference"]).tolist())
    assert back["low"].tolist() == pytest.approx((-table["high"]).tolist())


def test_only_ablations_of_both_sides():
    before = {"knn": medium(0), "aqe": medium(1), "old": medium(2)}
    after = {"aqe": medium(3), "knn": medium(4), "new": medium(5)}
    table = effects(before, after, [REVISITED_MEDIUM], SETTINGS)
    assert table["ablation"].unique().tolist() == ["knn", "aqe"]
    with pytest.raises(
        DataError, match=r"expected an ablation that is in both, found \['old'\] and \['new'\]"
    ):
        effects({"old": medium(2)}, {"new": medium(5)}, [REVISITED_MEDIUM], SETTINGS)


def test_small_and_empty_groups():
    before, after = medium(0, 5), medium(1, 5)
    alone = effects(
        {"knn": before},
        {"knn": after},
        [REVISITED_MEDIUM],
        SETTINGS,
        leak_groups(before["query_id"], {"q00"}),
    )
    for group in (OVERLAPPING, CONTRAST):
        row = of(alone, group)
        assert np.isfinite(row["difference"])
        assert np.isnan([row["low"], row["high"]]).all()
    nobody = leak_groups(before["query_id"], {"elsewhere"})
    table = effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS, nobody)
    assert table["group"].unique().tolist() == [ALL, OTHER]


def test_a_split_without_queries_has_no_row():
    tables = {"knn": medium(0)}, {"knn": medium(1)}
    assert effects(*tables, REVISITED, SETTINGS)["split"].unique().tolist() == ["Medium"]


def test_other_queries():
    renamed = medium(1).replace("q01", "q99")
    with pytest.raises(DataError, match="same Medium queries before and after"):
        effects({"knn": medium(0)}, {"knn": renamed}, [REVISITED_MEDIUM], SETTINGS)


def test_overlapping_queries():
    pairs = pd.DataFrame(
        [
            ("a", 1, True),  # removed and verified
            ("b", 1, False),
            ("c", 2, True),  # stays
            ("d", 2, True),
            ("d", 3, True),
            ("e", 9, True),  # never proposed
        ],
        columns=["query_id", "landmark_id", "verified"],
    )
    decisions = pd.DataFrame({"landmark_id": [1, 2, 3], "removed": [True, False, True]})
    names = pd.DataFrame({"query_id": ["b", "f", "g"], "name": ["tower", "gate", "hall"]})
    alike = pd.DataFrame({"landmark_id": [1, 2, 3], "evaluation_name": ["", "gate", "hall"]})
    nothing = alike.assign(evaluation_name="")
    assert overlapping_queries(pairs, names, nothing, decisions) == {"a", "d"}
    assert overlapping_queries(pairs, names, alike, decisions) == {"a", "d", "g"}
    assert overlapping_queries(pairs[:0], names, nothing, decisions) == set()
