import re

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.reporting.audits.figures import effect_plot, size_change
from landmark_retrieval.reporting.figures import to_svg


@pytest.fixture
def sizes() -> pd.DataFrame:
    return pd.DataFrame(
        {"images_from": [1, 2, 4], "images_to": [1, 3, 7], "before": [4, 9, 2], "after": [6, 3, 0]}
    )


@pytest.fixture
def effects() -> pd.DataFrame:
    rows = [
        (ablation, group, value, value - 0.02, value + 0.03)
        for ablation, shift in (("knn", 0.0), ("alpha_qe", 0.1))
        for group, value in (("all", shift + 0.01), ("overlapping", shift - 0.05), ("other", shift + 0.04))
    ]
    table = pd.DataFrame(rows, columns=["ablation", "group", "difference", "low", "high"])
    return table.assign(split="Medium", measure="mAP", unit="fraction")


def test_bars_are_the_counts(sizes):
    axes = size_change(sizes, ("v2", "v2_clean")).axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert heights == [4, 9, 2, 6, 3, 0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2–3", "4–7"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["before: v2", "after: v2_clean"]


def test_marks_are_the_differences_in_points(effects):
    axes = effect_plot(effects).axes[0]
    marks = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    assert set(marks) == {"all", "overlapping", "other"}
    for group, line in marks.items():
        expected = effects.loc[effects["group"] == group, "difference"] * 100
        assert list(line.get_xdata()) == pytest.approx(expected.tolist())
    assert len({line.get_marker() for line in marks.values()}) == 3
    assert [label.get_text() for label in axes.get_yticklabels()] == ["knn", "alpha_qe"]
    spans = [segment[:, 0].tolist() for c in axes.collections for segment in c.get_segments()]
    expected = effects[["low", "high"]].to_numpy() * 100
    assert np.sort(spans, axis=0) == pytest.approx(np.sort(expected, axis=0))


def test_marks_of_one_ablation_do_not_cover_each_other(effects):
    axes = effect_plot(effects).axes[0]
    heights = [y for line in axes.lines if not line.get_label().startswith("_") for y in line.get_ydata()]
    assert len(set(np.round(heights, 6))) == len(effects)
    assert np.abs(np.sort(heights).reshape(2, 3) - [[0], [1]]).max() < 0.5


def test_ranks_are_not_percentages(effects):
    axes = effect_plot(effects.assign(unit="rank", measure="MeanPos")).axes[0]
    assert axes.lines[1].get_xdata() == pytest.approx([0.01, 0.11])
    assert axes.get_xlabel() == "after − before: Medium MeanPos (places, less is better)"


def test_a_group_that_one_ablation_lacks(effects):
    effect_plot(effects.iloc[:-1])
    alone = effects[effects["group"] == "all"].assign(low=np.nan, high=np.nan)
    assert len(effect_plot(alone).axes) == 1


def test_names_are_escaped_in_the_picture(sizes, effects):
    evil = '<script>alert("$x_1$")</script>'
    for figure in (
        size_change(sizes, (evil, evil)),
        effect_plot(effects.assign(ablation=evil, group=evil, measure=evil)),
    ):
        svg = to_svg(figure, "a")
        assert "<script" not in svg
        assert re.search("&lt;script&gt;", svg)
