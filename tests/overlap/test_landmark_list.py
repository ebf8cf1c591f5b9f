import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.landmark_list import read_landmark_list


def test_a_landmark_per_line():
    assert read_landmark_list("\ufeff# published\n\n  12\r\n7  # the gate\n 0\n") == {12: "", 7: "", 0: ""}


def test_csv_with_what_is_known():
    text = 'landmark_id,name,found in\n12,"Gate, old",RParis\n7,,\n'
    assert read_landmark_list(text) == {12: "Gate, old, RParis", 7: ""}


@pytest.mark.parametrize("text", ["", "\n# none\n", "landmark_id\n"])
def test_an_empty_list(text):
    assert read_landmark_list(text) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("12\n\nInvalides\n", "gids.txt, line 3: expected the whole number of a landmark, found 'Invalides'"),
        ("12\nlandmark_id\n", "line 2: expected the whole number"),
        ("-1\n", "line 1: expected .* found '-1'"),
        ("1.0\n", "line 1: expected .* found '1.0'"),
        ("²\n", "line 1: expected"),
        ("9" * 19, "line 1: expected"),
        (",12\n", "line 1: expected .* found ''"),
        ("12\n# again\n12,x\n", "line 3: landmark 12 stands in line 1 already"),
    ],
)
def test_a_wrong_line_is_named(text, message):
    with pytest.raises(DataError, match=message):
        read_landmark_list(text, "gids.txt")
