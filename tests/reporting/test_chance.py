import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.chance import COLUMNS, Chance, Drawing, strongest_pairs
from landmark_retrieval.reporting.figures import to_svg
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings, false_verifications

WANTED = FalseVerificationSettings(rate=0.05, pairs=100, confidence=0.95, seed=0, drawn=3)
RNG = np.random.default_rng(0)
DIFFERENT, EVIDENCE = RNG.geometric(0.6, 3_000) + 2, RNG.integers(3, 40, 400)


@pytest.fixture(scope="module")
def chance() -> Chance:
    table = false_verifications(DIFFERENT, EVIDENCE, 5.0, "auto", WANTED)
    return Chance("v2_clean", table, (Drawing("data:image/jpeg;base64,AAAA", "41 of 60 matches"),))


def test_the_table_has_the_counts_and_marks_the_threshold(chance):
    rows = {row[0]: row for row in chance.rows}
    used = rows[f"{chance.used} (chosen)"]
    assert len(used) == len(COLUMNS)
    assert used[1] == str((chance.used <= EVIDENCE).sum())
    assert used[3] == str((chance.used <= DIFFERENT).sum())
    assert "0" not in rows
    assert f"verified from {chance.used} inliers on" in chance.sentence


def test_the_figure_draws_both_shares_and_the_threshold(chance):
    figure = chance.figure
    (ax,) = figure.axes
    lines = {line.get_label(): line for line in ax.lines}
    x, y = lines["evidence"].get_data()
    assert y[list(x).index(10)] == pytest.approx(100 * (EVIDENCE >= 10).mean())
    assert set(lines[f"verified from {chance.used}"].get_xdata()) == {chance.used}
    assert "different landmarks" in to_svg(figure, "chance")


@pytest.fixture
def photographs(tmp_path) -> tuple[FileTree, pd.DataFrame]:
    rows = []
    for i in range(7):
        picture = np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture)
        rows.append((f"i{i}", i // 2, f"{i}.png", "gldv2"))
    (tmp_path / "5.png").write_bytes(b"no picture")
    table = pd.DataFrame(rows, columns=["image_id", "landmark_id", "path", "source"])
    return FileTree(tmp_path), table


PAIRS = [
    ("i0", "i2", 60),
    ("i0", "i4", 50),  # i0 has been drawn
    ("i3", "i5", 45),  # i5 cannot be read
    ("i1", "i4", 41),
    ("i2", "i6", 30),  # i2 has been drawn
    ("i6", "i3", 0),
]


def drawn(make_evidence, photographs, n: int) -> list[str]:
    files, table = photographs
    drawings = strongest_pairs(make_evidence(PAIRS), table, {"gldv2": files}, 640, n, 40, 5, 70)
    assert all(drawing.image.startswith("data:image/jpeg;base64,") for drawing in drawings)
    return [drawing.caption for drawing in drawings]


def test_the_strongest_pairs_are_drawn_each_photograph_once(make_evidence, photographs):
    first = "60 of 65 matches: i0 (landmark 0) – i2 (landmark 1)"
    second = "41 of 46 matches: i1 (landmark 0) – i4 (landmark 2)"
    assert drawn(make_evidence, photographs, 1) == [first]
    assert drawn(make_evidence, photographs, 9) == [first, second]
    assert drawn(make_evidence, photographs, 0) == []


def test_photographs_of_other_sources_are_left_out(make_evidence, photographs):
    files, table = photographs
    elsewhere = table.assign(source=np.where(table["image_id"] == "i2", "other", "gldv2"))
    found = strongest_pairs(make_evidence(PAIRS), elsewhere, {"gldv2": files}, 640, 9, 40, 5, 70)
    assert [drawing.caption[:2] for drawing in found] == ["41"]
