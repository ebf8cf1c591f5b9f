import pandas as pd
import pytest

from landmark_retrieval.manifests.comparison import compare_manifests
from landmark_retrieval.reporting.audits.conclusions import judged, leading_figures, verdict
from landmark_retrieval.reporting.comparison_table import Cell

NAMES = ("v2", "v2_clean")


def manifest(rows: list[tuple[str, int, bool, str]], version: str = "first") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["image_id", "landmark_id", "kept", "reason"])
    return table.assign(path="a.jpg", width=4, height=3, source="gldv2", evidence="", source_version=version)


WHOLE = [(f"i{i}", i // 4, True, "as published") for i in range(12)]
CLEAN = [
    (
        image,
        landmark,
        landmark != 2,
        "as published" if landmark != 2 else f"verified by {i % 2} of 2 needed images",
    )
    for i, (image, landmark, _, _) in enumerate(WHOLE)
]


def effect(ablation: str, group: str, after: float, low: float, high: float, **others: object) -> dict:
    row = {
        "benchmark": "RWorld",
        "split": "Medium",
        "measure": "mAP",
        "unit": "fraction",
        "queries": 20,
        "clusters": 60,
        "changed": 15,
        "p": 0.04,
        "p_adjusted": 0.2,
        "before": 0.5,
        "confidence": 0.95,
    }
    difference = after - 0.5
    return row | {
        "ablation": ablation,
        "group": group,
        "after": after,
        "difference": difference,
        "low": low,
        "high": high,
        **others,
    }


def answers(before: pd.DataFrame, after: pd.DataFrame, effects: pd.DataFrame | None = None) -> dict[str, str]:
    table = pd.DataFrame() if effects is None else effects
    return dict(verdict(compare_manifests(before, after), NAMES, table, "knn"))


def test_nothing_differs():
    said = answers(manifest(WHOLE), manifest(WHOLE))
    assert list(said) == ["What differs?"]
    assert said["What differs?"].startswith("Nothing differs: both manifests have the fingerprint ")


def test_what_and_why():
    said = answers(manifest(WHOLE), manifest(CLEAN))
    assert said["What differs?"] == (
        "v2_clean keeps 8 photographs of 2 landmarks, v2 keeps 12 photographs of 3 landmarks. "
        "Photographs: 4 removed, 0 added, 0 relabelled. Landmarks removed entirely: 1."
    )
    assert said["Why?"] == "4 removed: “verified by N of N needed images”."


def test_more_reasons_than_are_told():
    after = [
        (image, landmark, False, f"{'abcdef'[i // 2]} thing")
        for i, (image, landmark, _, _) in enumerate(WHOLE)
    ]
    assert answers(manifest(WHOLE), manifest(after))["Why?"].endswith("6 for other reasons.")


def test_another_source():
    said = answers(manifest(WHOLE), manifest(CLEAN, version="second"))
    assert said["Why?"].endswith("The sources differ, too: gldv2.")


def test_only_what_is_said_of_photographs_differs():
    said = answers(manifest(WHOLE), manifest(WHOLE, version="second"))
    assert list(said) == ["What differs?"]
    assert said["What differs?"].endswith(
        "They are the same photographs under the same landmarks. What differs is the source version of 12."
    )
    longer = manifest([*WHOLE, ("new", 1, False, "too small")])
    assert "the number of photographs listed (12 and 13)" in answers(manifest(WHOLE), longer)["What differs?"]


@pytest.fixture
def leak() -> pd.DataFrame:
    return pd.DataFrame(
        [
            effect("knn", "all", 0.48, -0.06, 0.02, queries=40),
            effect("knn", "overlapping", 0.42, -0.12, -0.04),
            effect("knn", "other", 0.54, 0.01, 0.07),
            effect(
                "knn", "overlapping − other", 0.38, -0.20, -0.05, queries=40, p_adjusted=0.0004, changed=9
            ),
            effect("aqe", "all", 0.56, 0.01, 0.11, queries=40, p_adjusted=0.04),
            effect("aqe", "overlapping − other", 0.45, -0.15, 0.05, queries=40),
            effect("knn", "all", 0.1, -0.5, -0.3, split="Hard"),
        ]
    )


def test_effects_of_the_leading_figure(leak):
    said = answers(manifest(WHOLE), manifest(CLEAN), leak)
    assert said["Do the figures change?"] == (
        "RWorld Medium mAP, knn: 50.00 before, 48.00 after, −2.00 [−6.0, +2.0], no clear difference "
        "(p = 0.2). Over all ablations and benchmarks 1 of 2 differences are clear (p < 0.05, adjusted for "
        "the number of ablations)."
    )
    assert said["How much comes from the leak?"] == (
        "RWorld Medium mAP, knn: queries that match a removed landmark (20) change by −8.00 [−12.0, −4.0], "
        "the others (20) by +4.00 [+1.0, +7.0]; the drop from the leak, their difference, is −12.00 "
        "[−20.0, −5.0]†, worse (p < 0.001). It is clear for 1 of 2 ablations."
    )
    assert leading_figures(leak)["split"].eq("Medium").all()


def test_no_groups_no_leak(leak):
    said = answers(manifest(WHOLE), manifest(CLEAN), leak[leak["group"] == "all"])
    assert "How much comes from the leak?" not in said


def test_order_of_the_ablations():
    rows = [("knn", 0.3, 0.6), ("aqe", 0.4, 0.5), ("sort", 0.5, 0.4)]
    table = pd.DataFrame([effect(a, "all", after, 0, 0, before=before) for a, before, after in rows])
    said = answers(manifest(WHOLE), manifest(CLEAN), table)["Is another method best?"]
    assert said == "RWorld Medium mAP: best is sort before, knn after; 3 of 3 pairs of ablations swap places."
    ranks = table.assign(unit="rank", before=[3.0, 2.0, 1.0], after=[3.0, 1.5, 1.0])
    said = answers(manifest(WHOLE), manifest(CLEAN), ranks)["Is another method best?"]
    assert said == "RWorld Medium mAP: sort is best on both sides; 0 of 3 pairs of ablations swap places."


@pytest.mark.parametrize(
    ("value", "p", "unit", "word"),
    [
        (0.15, 0.01, "fraction", "better"),
        (-0.15, 0.01, "fraction", "worse"),
        (-0.15, 0.05, "fraction", ""),
        (0.15, 0.01, "rank", "worse"),
        (-0.15, 0.01, "rank", "better"),
        (0.0, float("nan"), "rank", ""),
    ],
)
def test_better_or_worse(value, p, unit, word):
    assert judged(Cell(value, value - 0.1, value + 0.1, unit, is_difference=True, p=p)) == word
