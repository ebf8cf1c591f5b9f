import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from landmark_retrieval.metrics.comparison import compare
from landmark_retrieval.metrics.intervals import IntervalSettings, mean_interval
from landmark_retrieval.metrics.paired_tests import difference_interval, holm
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED
from landmark_retrieval.metrics.query_groups import (
    WITH_COPY,
    WITHOUT_COPY,
    QueryGroupSettings,
    compare_groups,
    group_queries,
    query_relatives,
)
from landmark_retrieval.tables import (
    Comparison,
    GroupComparison,
    QueryCopies,
    QueryRelatives,
    column_types,
    table_of,
)

SETTINGS = IntervalSettings(resamples=300, permutations=199, confidence=0.9, seed=1)
SIZES = QueryGroupSettings(landmark_sizes=(1, 5, 20))
SIZE_NAMES = [f"training images of the landmark: {n}" for n in ("none", "1 to 4", "5 to 19", "20 or more")]
GLDV2 = [GLDV2_RETRIEVAL.on("world")]


def manifest_of(source: str, labels: dict[str, int], removed: tuple[str, ...] = ()) -> pd.DataFrame:
    table = pd.DataFrame({"image_id": list(labels), "landmark_id": list(labels.values())})
    texts = dict.fromkeys(("path", "reason", "evidence", "source_version"), "x") | {"source": source}
    return table.assign(width=1, height=1, kept=~table["image_id"].isin(removed), **texts)


COPIES = table_of(
    QueryCopies,
    [
        (0, "world", "query", "q1"),
        (0, "world", "train", "t1"),
        (0, "world", "query", "q2"),
        (1, "world", "query", "q3"),
        (1, "world", "index", "i1"),
        (2, "world", "query", "q4"),
        (2, "old", "train", "t9"),
        (3, "world", "query", "q5"),
        (3, "world", "train", "t2"),
        (3, "more", "index", "t2"),
        (4, "world", "query", "q6"),
        (4, "other", "train", "t1"),
    ],
)
VOTERS = manifest_of("world", {"t1": 7, "t2": 7, "t3": 8}, removed=("t2",))
STARTED_FROM = manifest_of("old", {"t9": 7})
QUERIES = [f"q{i}" for i in range(1, 8)]


def relatives_of(copied: list[str], sizes: dict[str, int | None]) -> pd.DataFrame:
    flags = [query in copied for query in sizes]
    columns = {
        "copy_in_train": flags,
        "copy_in_index": [False] * len(sizes),
        "landmark_images": sizes.values(),
    }
    types = dict.fromkeys(("copy_in_train", "copy_in_index"), "boolean") | {"landmark_images": "Int64"}
    return pd.DataFrame({"query_id": pd.array(list(sizes), "str"), **columns}).astype(types)


def test_relatives_are_copies_in_what_was_trained_on_or_votes_and_in_the_index():
    table = query_relatives(QUERIES, COPIES, [VOTERS, STARTED_FROM], None, None)
    QueryRelatives.validate(table)
    assert table["query_id"].tolist() == QUERIES
    # q5: t2 is removed from the manifest, but an index image is called so; q6: t1 of another source
    assert table["copy_in_train"].tolist() == [True, True, False, True, False, False, False]
    assert table["copy_in_index"].tolist() == [False, False, True, False, True, False, False]
    assert table["landmark_images"].isna().all()
    assert query_relatives(QUERIES, COPIES, [], None, None)["copy_in_train"].tolist() == [False] * 7


def test_relatives_are_kept_training_images_of_the_landmarks_that_a_query_shows():
    shown = [[7], [8], [7, 8], [9], []]
    ids = [np.array(landmarks, dtype=np.int64) for landmarks in shown]
    solution = pd.DataFrame({"image_id": QUERIES[:5], "usage": "Public", "landmark_ids": pd.Series(ids)})
    table = query_relatives(QUERIES, None, [VOTERS], VOTERS, solution)
    QueryRelatives.validate(table)
    assert table["landmark_images"].tolist() == [1, 1, 2, 0, 0, pd.NA, pd.NA]
    assert table[["copy_in_train", "copy_in_index"]].isna().all(axis=None)


def test_groups_by_copies_and_by_landmark_size():
    relatives = relatives_of(
        ["q2", "q5"], {"q1": 0, "q2": 1, "q3": 4, "q4": 5, "q5": 19, "q6": 20, "q7": None}
    )
    assert group_queries(relatives, SIZES) == {
        WITHOUT_COPY: {"q1", "q3", "q4", "q6", "q7"},
        WITH_COPY: {"q2", "q5"},
        SIZE_NAMES[0]: {"q1"},
        SIZE_NAMES[1]: {"q2", "q3"},
        SIZE_NAMES[2]: {"q4", "q5"},
        SIZE_NAMES[3]: {"q6"},
    }


def test_queries_are_not_parted_by_what_none_has_or_nobody_knows():
    assert list(group_queries(relatives_of([], {"q1": 0}), SIZES)) == SIZE_NAMES
    assert list(group_queries(relatives_of(["q1"], {"q1": None}), SIZES)) == [WITHOUT_COPY, WITH_COPY]
    unknown = query_relatives(QUERIES, None, [], None, None)
    assert group_queries(unknown, SIZES) == {}


@pytest.mark.parametrize(
    ("sizes", "names"),
    [((1,), ["none", "1 or more"]), ((2, 3), ["0 to 1", "2", "3 or more"]), ((), ["any number"])],
)
def test_names_of_other_sizes(sizes, names):
    groups = group_queries(relatives_of([], {"q1": 3}), QueryGroupSettings(landmark_sizes=sizes))
    assert list(groups) == [f"training images of the landmark: {name}" for name in names]
    assert groups[f"training images of the landmark: {names[-1]}"] == {"q1"}


@pytest.mark.parametrize("sizes", [(0, 1), (5, 5), (5, 1), (-1,)])
def test_sizes_must_ascend(sizes):
    with pytest.raises(ValidationError, match="ascending"):
        QueryGroupSettings(landmark_sizes=sizes)


def gldv2_table(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    usage = np.array(["Public", "Private", "Ignored"])[np.arange(n) % 3]
    figures = np.where((usage == "Ignored")[:, None], np.nan, rng.random((n, 3)))
    table = pd.DataFrame(figures, columns=["ap", "p10", "first_correct"])
    clusters = [f"c{i % 24:02}" for i in range(n)]
    return table.assign(image_id=[f"q{i:02}" for i in range(n)], usage=usage, cluster=clusters, n_relevant=1)


RUNS = {
    (system, ablation): gldv2_table(seed)
    for seed, (system, ablation) in enumerate((s, a) for s in ("v1", "v2") for a in ("knn", "sort", "aqe"))
}
IDS = [f"q{i:02}" for i in range(60)]
RELATIVES = {
    "v1": relatives_of(IDS[:20], dict.fromkeys(IDS, 3)),
    "v2": relatives_of(IDS[:30], {query: i for i, query in enumerate(IDS)}),
}


def test_figures_of_groups_are_those_of_their_queries():
    table = compare_groups(RUNS, RELATIVES, GLDV2, "knn", SETTINGS, SIZES)
    GroupComparison.validate(table.assign(model=table["system"], voters=pd.array([""] * len(table), "str")))
    assert list(table["group"].unique()) == [WITHOUT_COPY, WITH_COPY, *SIZE_NAMES]
    assert set(table["metric"]) == {"mAP@100"}
    of_v1 = table.loc[table["system"] == "v1", "group"]
    assert list(of_v1.unique()) == [WITHOUT_COPY, WITH_COPY, SIZE_NAMES[1]]
    for row in table.itertuples():
        ids = group_queries(RELATIVES[row.system], SIZES)[row.group]
        run = RUNS[row.system, row.ablation]
        figures = run[(run["usage"] == row.split) & run["image_id"].isin(ids)]
        found = mean_interval(figures["ap"].to_numpy(), SETTINGS, figures["cluster"], (0, 1))
        assert (row.value, row.low, row.high) == pytest.approx(
            (found.estimate, found.low, found.high), nan_ok=True
        )
        assert (row.n, row.clusters) == (found.n, found.clusters)
        if row.ablation != "knn":
            before = RUNS[row.system, "knn"].loc[figures.index, "ap"].to_numpy()
            pair = figures["ap"].to_numpy(), before
            change = difference_interval(*pair, SETTINGS, figures["cluster"], (-1, 1))
            assert (row.delta, row.p) == pytest.approx((change.estimate, change.p))


def test_p_values_are_corrected_within_a_group():
    table = compare_groups(RUNS, RELATIVES, GLDV2, "knn", SETTINGS, SIZES)
    for _, rows in table.groupby(["group", "split"]):
        assert rows["p_adjusted"].tolist() == pytest.approx(holm(rows["p"]).tolist(), nan_ok=True)


def test_a_group_of_all_queries_has_the_figures_of_the_comparison():
    everything = {system: relatives_of([], dict.fromkeys(IDS, 3)) for system in ("v1", "v2")}
    table = compare_groups(RUNS, everything, GLDV2, "knn", SETTINGS, SIZES)
    whole = compare(RUNS, GLDV2, "knn", SETTINGS)
    whole = whole[whole["metric"] == "mAP@100"].reset_index(drop=True)
    pd.testing.assert_frame_equal(table.drop(columns="group"), whole)


def test_the_order_of_queries_changes_nothing():
    order = np.random.default_rng(0).permutation(60)
    shuffled = {run: table.iloc[order].reset_index(drop=True) for run, table in RUNS.items()}
    relatives = {
        system: table.iloc[order[::-1]].reset_index(drop=True) for system, table in RELATIVES.items()
    }
    sides = [
        compare_groups(*s, GLDV2, "knn", SETTINGS, SIZES) for s in ((RUNS, RELATIVES), (shuffled, relatives))
    ]
    pd.testing.assert_frame_equal(*sides)


def test_revisited_queries_without_positives_are_in_no_figure():
    rng = np.random.default_rng(0)
    rows = [
        (f"q{i}", d, f"c{i // 2}", 1, *rng.random(4)) for i in range(8) for d in ("Easy", "Medium", "Hard")
    ]
    columns = ["query_id", "difficulty", "cluster", "n_positive", "ap", "p1", "p5", "p10"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[table["query_id"].isin(["q0", "q1"]) & (table["difficulty"] == "Hard"), "ap"] = np.nan
    relatives = {"net": relatives_of(["q0", "q1"], {f"q{i}": None for i in range(8)})}
    found = compare_groups({("net", "knn"): table}, relatives, REVISITED, "knn", SETTINGS, SIZES)
    counts = found.set_index(["group", "split"])["n"].to_dict()
    assert counts == {
        (WITHOUT_COPY, "Medium"): 6,
        (WITHOUT_COPY, "Hard"): 6,
        (WITHOUT_COPY, "Easy"): 6,
        (WITH_COPY, "Medium"): 2,
        (WITH_COPY, "Easy"): 2,
    }


def test_without_groups_the_table_is_empty_and_typed():
    found = compare_groups(RUNS, {}, GLDV2, "knn", SETTINGS, SIZES)
    assert not len(found)
    assert set(found) == {*column_types(Comparison), "group"} - {"model", "voters"}
    nothing = {"v1": relatives_of(["q99"], {"q99": 3})}
    assert not len(compare_groups(RUNS, nothing, GLDV2, "knn", SETTINGS, SIZES))
