import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.reporting.data_summary import images_per_landmark
from landmark_retrieval.reporting.figures import interval_plot, landmark_sizes, to_svg


@pytest.fixture
def world(comparison):
    return comparison[comparison["benchmark"] == "world"]


def test_every_run_is_drawn_at_its_value(world):
    figure = interval_plot(world)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["v2", "v2_clean"]
    for ax in figure.axes:
        rows = world[(world["system"] == ax.get_title(loc="left")) & (world["split"] == "Private")]
        rows = rows[rows["metric"] == "mAP@100"]
        dots = np.concatenate([line.get_xydata() for line in ax.lines[1:]])
        assert dots[dots[:, 1].argsort()] == pytest.approx(
            np.column_stack([100 * rows["value"], np.arange(3)])
        )
        assert [label.get_text() for label in ax.get_yticklabels()] == rows["ablation"].tolist()
    assert figure.axes[-1].get_xlabel() == "Private mAP@100 (%), 95% intervals"


@pytest.mark.parametrize("is_one_query", [False, True])
def test_a_run_of_one_query_has_no_interval(world, is_one_query):
    table = world.assign(low=np.nan, high=np.nan) if is_one_query else world
    axes = interval_plot(table).axes
    intervals = [line for ax in axes for bars in ax.collections for line in bars.get_segments()]
    dots = np.concatenate([line.get_xdata() for ax in axes for line in ax.lines if line.get_marker() == "o"])

    assert len(intervals) == len(dots) == 6
    assert [len(ends) for ends in intervals] == 6 * [0 if is_one_query else 2]
    assert np.isfinite(dots).all()


def test_landmark_sizes_counts_landmarks(manifests):
    table = images_per_landmark(manifests)
    ax = landmark_sizes(table).axes[0]
    before, after = (  # images 1, 2–3, 4–7, 8–15
        [bar.get_height() for bar in bars] for bars in ax.containers
    )
    assert before == [1, 2, 4, 5]
    assert after == [0, 0, 3, 5]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2–3", "4–7", "8–15"]


def test_the_largest_landmarks_share_a_bin():
    table = pd.DataFrame({"variant": "v", "landmark_id": range(3), "images": [255, 256, 9000]})
    ax = landmark_sizes(table).axes[0]
    assert [bar.get_height() for bar in ax.containers[0]][-2:] == [1, 2]
    assert ax.get_xticklabels()[-1].get_text() == "256 +"


def test_svg_is_the_same_every_time_and_shares_no_id(world):
    first, second = to_svg(interval_plot(world), "a"), to_svg(interval_plot(world), "b")
    assert to_svg(interval_plot(world), "a") == first
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', first)) <= ids[0]


def test_names_are_shown_as_they_are(world):
    name = "<b>$x_1$</b> & co"
    svg = to_svg(interval_plot(world.assign(system=name)), "a")
    texts = [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert name in texts
