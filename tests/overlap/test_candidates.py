import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.overlap.candidates import overlap_candidates
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.tables import NameMatches, OverlapCandidates, column_types

SETTINGS = OverlapSettings(
    depth=9,
    min_inliers=11,
    min_images=2,
    name_similarity=80,
    max_namesakes=3,
    listed=(),
    rule="any",
    undecided="remove",
    expected=None,
)
NAMES = pd.DataFrame({"landmark_id": [7, 8, 6], "name": ["Old Gate", "Mill", "Keep"]})
PAIRS = pd.DataFrame(
    [
        ("ox", "q0", "a", 7, 0.9, 0, 60, 50, True),
        ("ox", "q0", "b", 7, 0.8, 1, 30, 20, True),
        ("ox", "q1", "b", 7, 0.7, 0, 30, 12, True),
        ("pa", "q0", "a", 7, 0.6, 0, 30, 11, True),
        ("pa", "q0", "c", 8, 0.95, 1, 30, 90, True),
        ("pa", "q0", "d", 9, 0.5, 2, 9, 4, False),
        ("pa", "q0", "e", 6, 0.4, 3, 9, 3, False),
    ],
    columns=[
        *("benchmark", "query_id", "image_id", "landmark_id", "similarity", "rank", "matches", "inliers"),
        "verified",
    ],
)
ALIKE = pd.DataFrame(
    [("pa", 6, "the keep", 90.0), ("ox", 6, "keep", 100.0), ("pa", 7, "gate", 85.0)],
    columns=list(column_types(NameMatches)),
)
LISTED = {5: "", 8: "published"}


def candidates(pairs=PAIRS, alike=ALIKE, names=NAMES, listed=LISTED, settings=SETTINGS):
    return overlap_candidates(pairs, alike, names, listed, settings)


def test_chosen_thresholds_are_said_behind_the_inliers():
    notes = {"ox": " (11 inliers needed, auto)", "pa": " (9 inliers needed, auto)"}
    said = overlap_candidates(PAIRS, ALIKE, NAMES, LISTED, SETTINGS, notes).set_index("landmark_id")["reason"]
    assert "inliers: up to 50 (11 inliers needed, auto) (9 inliers needed, auto); its name" in said[7]
    assert "inliers: up to 90 (9 inliers needed, auto); listed" in said[8]
    assert "auto" not in said[6] + said[5]


def test_everything_that_speaks_for_a_landmark():
    table = candidates().set_index("landmark_id")
    assert table.index.tolist() == [8, 7, 6, 5]  # 9 has nothing that speaks for it
    assert table.loc[7].drop(["reason", "best_similarity"]).to_dict() == {
        "name": "Old Gate",
        "benchmarks": "ox, pa",
        "queries": 3,
        "images": 2,
        "verified_pairs": 4,
        "best_inliers": 50,
        "score": 50 + 12 + 11,
        "evaluation_name": "gate",
        "name_similarity": 85,
        "proposed": True,
    }
    assert table.loc[7, "reason"] == (
        "verified images: 2, by queries: 3, inliers: up to 50; its name 'Old Gate' is like 'gate' (85 %)"
    )
    assert table["best_similarity"].tolist() == pytest.approx([0.95, 0.9, 0.4, np.nan], nan_ok=True)


def test_by_name_or_by_list_alone():
    table = candidates().set_index("landmark_id")
    assert table.loc[6, ["benchmarks", "verified_pairs", "best_inliers", "score"]].tolist() == [
        "ox, pa",
        0,
        3,
        0,
    ]
    assert table.loc[6, ["evaluation_name", "name_similarity", "proposed"]].tolist() == ["keep", 100, True]
    assert table.loc[6, "reason"] == "its name 'Keep' is like 'keep' (100 %)"
    assert table.loc[5, ["name", "benchmarks", "proposed", "reason"]].tolist() == ["", "", True, "listed"]
    assert (
        table.loc[8, "reason"]
        == "verified images: 1, fewer than 2, by queries: 1, inliers: up to 90; listed: published"
    )


def test_too_few_images_are_shown_but_not_proposed():
    table = candidates(listed={}).set_index("landmark_id")
    assert table["proposed"].to_dict() == {7: True, 8: False, 6: True}
    enough = candidates(listed={}, settings=SETTINGS.model_copy(update={"min_images": 1}))
    assert enough["proposed"].all()


def naive_score(pairs, landmark):
    best = {}
    for row in pairs.itertuples():
        if row.verified and row.landmark_id == landmark:
            key = row.benchmark, row.query_id
            best[key] = max(best.get(key, 0), row.inliers)
    return sum(best.values())


def random_pairs(rng, n=300):
    inliers = rng.integers(0, 40, n)
    table = pd.DataFrame(
        {
            "benchmark": rng.choice(["ox", "pa"], n),
            "query_id": [f"q{i}" for i in rng.integers(0, 9, n)],
            "image_id": [f"i{i}" for i in range(n)],
            "landmark_id": rng.integers(0, 20, n),
            "similarity": rng.random(n),
            "rank": 0,
            "matches": inliers + 5,
            "inliers": inliers,
            "verified": inliers > 10,
        }
    )
    return table.astype({"benchmark": "str", "query_id": "str", "image_id": "str"})


def test_score_is_the_sum_of_each_querys_best():
    pairs = random_pairs(np.random.default_rng(0))
    table = candidates(pairs, ALIKE.iloc[:0], listed={})
    assert table["score"].tolist() == [naive_score(pairs, landmark) for landmark in table["landmark_id"]]
    assert table["score"].is_monotonic_decreasing


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    pairs = random_pairs(rng)
    table = candidates(pairs)
    for _ in range(5):
        mixed = [t.iloc[rng.permutation(len(t))] for t in (pairs, ALIKE, NAMES)]
        pd.testing.assert_frame_equal(candidates(*mixed, dict(reversed(LISTED.items()))), table)


def test_more_photographs_of_one_query_raise_no_score():
    more = PAIRS[PAIRS["landmark_id"] == 8].assign(image_id="f", inliers=89)
    table = candidates(pd.concat([PAIRS, more])).set_index("landmark_id")
    assert table.loc[8, ["score", "images", "verified_pairs"]].tolist() == [90, 2, 2]


@pytest.mark.parametrize("listed", [{}, {5: ""}])
def test_nothing_found(listed):
    table = candidates(PAIRS.assign(verified=False), ALIKE.iloc[:0], NAMES.iloc[:0], listed)
    assert table["landmark_id"].tolist() == list(listed)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == column_types(OverlapCandidates)
    assert {name: str(dtype) for name, dtype in candidates().dtypes.items()} == column_types(
        OverlapCandidates
    )


def test_no_pairs_at_all():
    assert candidates(PAIRS.iloc[:0])["landmark_id"].tolist() == [6, 7, 5, 8]
