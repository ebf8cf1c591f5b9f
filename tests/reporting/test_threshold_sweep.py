import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.reporting.figures import to_svg
from landmark_retrieval.reporting.threshold_sweep import short, sweep_figure
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings, false_verifications


@pytest.fixture
def table():
    cells = [(i, f, 100_000 // (i * f), 9_000 // (i + f)) for i in (20, 25, 30) for f in (1, 2, 3, 4)]
    return pd.DataFrame(cells, columns=["min_inliers", "min_verified_neighbours", "images", "landmarks"])


@pytest.fixture(scope="module")
def compared():
    wanted = FalseVerificationSettings(rate=0.01, pairs=9, confidence=0.95, seed=0, drawn=0)
    return false_verifications(np.arange(20) % 7, np.arange(90), 5.0, 25, wanted)


def frames(figure):
    return [[patch.get_xy() for patch in ax.patches] for ax in figure.axes[:2]]


def test_every_cell_stands_at_its_place_with_its_number(table, compared):
    figure = sweep_figure(table.sample(frac=1, random_state=0), 25, 3, compared)
    for ax, column in zip(figure.axes[:2], ("images", "landmarks"), strict=True):
        drawn = np.asarray(ax.images[0].get_array())
        inliers = [int(tick.get_text()) for tick in ax.get_xticklabels()]
        frequencies = [int(tick.get_text()) for tick in figure.axes[0].get_yticklabels()]
        shown = {text.get_position(): text.get_text() for text in ax.texts}
        for cell in table.itertuples():
            place = inliers.index(cell.min_inliers), frequencies.index(cell.min_verified_neighbours)
            assert drawn[place[::-1]] == getattr(cell, column)
            assert shown[place] == short(getattr(cell, column))
        assert column in ax.get_title(loc="left")


def test_the_chosen_cell_is_framed_in_both(table, compared):
    assert frames(sweep_figure(table, 25, 3, compared)) == [[(0.5, 1.5)], [(0.5, 1.5)]]
    assert frames(sweep_figure(table, 26, 3, compared)) == [[], []]


def test_chance_stands_below(table, compared):
    curves = sweep_figure(table, 25, 3, compared).axes[2]
    labels = [line.get_label() for line in curves.lines]
    assert labels == ["evidence", "different landmarks", "chance, at most", "verified from 25"]


def test_figure_becomes_svg(table, compared):
    svg = to_svg(sweep_figure(table, 25, 3, compared), "surface")
    assert "images kept" in svg
    assert svg == to_svg(sweep_figure(table, 25, 3, compared), "surface")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (812, "812"),
        (3_512, "3.5k"),
        (81_313, "81.3k"),
        (315_400, "315k"),
        (999_999, "1.00M"),
        (1_580_470, "1.58M"),
        (4_132_914, "4.13M"),
    ],
)
def test_short_numbers(count, text):
    assert short(count) == text
    assert len(text) <= 5
