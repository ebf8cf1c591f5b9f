import numpy as np
import pandas as pd
import pytest

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
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED, REVISITED_MEDIUM
from landmark_retrieval.tables import Effects, column_types

SETTINGS = IntervalSettings(resamples=200, confidence=0.9, seed=3)
CONTRAST = f"{OVERLAPPING} − {OTHER}"
LEAKED = {f"q{i:02}" for i in range(0, 30, 3)}


def medium(seed: int, n: int = 30) -> pd.DataFrame:
    figures = np.random.default_rng(seed).random((n, 4))
    table = pd.DataFrame(figures, columns=["ap", "p1", "p5", "p10"])
    return table.assign(query_id=[f"q{i:02}" for i in range(n)], difficulty="Medium")


def gldv2(seed: int, n: int = 24) -> pd.DataFrame:
    usage = np.array(["Public", "Private", "Ignored"])[np.arange(n) % 3]
    figures = np.where((usage == "Ignored")[:, None], np.nan, np.random.default_rng(seed).random((n, 3)))
    table = pd.DataFrame(figures, columns=["ap", "p10", "first_correct"])
    return table.assign(image_id=[f"q{i:02}" for i in range(n)], usage=usage)


def of(table: pd.DataFrame, group: str, measure: str = "mAP", ablation: str = "knn") -> pd.Series:
    rows = table[(table["group"] == group) & (table["measure"] == measure) & (table["ablation"] == ablation)]
    assert len(rows) == 1
    return rows.iloc[0]


def quantiles(drawn: list[float]) -> list[float]:
    return list(np.quantile(drawn, [0.05, 0.95]))


def draws(n: int) -> np.ndarray:
    return np.random.default_rng(SETTINGS.seed).integers(n, size=(SETTINGS.resamples, n))


def naive_mean(changes: dict[str, float]) -> list[float]:
    """Low and high of the mean change: every resample summed by hand."""
    queries = sorted(changes)
    return quantiles([sum(changes[queries[i]] for i in row) / len(queries) for row in draws(len(queries))])


def naive_contrast(changes: dict[str, float]) -> list[float]:
    queries, drawn = sorted(changes), []
    for row in draws(len(queries)):
        leaked = [changes[queries[i]] for i in row if queries[i] in LEAKED]
        others = [changes[queries[i]] for i in row if queries[i] not in LEAKED]
        if leaked and others:
            drawn.append(sum(leaked) / len(leaked) - sum(others) / len(others))
    return quantiles(drawn)


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


def test_a_leak_that_is_there_is_found():
    before = medium(0, 60)
    leaked = {f"q{i:02}" for i in range(20)}
    after = before.copy()
    after["ap"] -= np.where(after["query_id"].isin(leaked), 0.2, 0.01)
    groups = leak_groups(before["query_id"], leaked)
    table = effects({"knn": before}, {"knn": after}, [REVISITED_MEDIUM], SETTINGS, groups)
    row = of(table, CONTRAST)
    assert [row["low"], row["difference"], row["high"]] == pytest.approx([-0.19] * 3)


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
    for mine, theirs in (("difference", "delta"), ("low", "delta_low"), ("high", "delta_high")):
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
