import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.landmark_list import merge_landmark_lists, read_landmark_list


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
        ("12\n# again\n12,x\n", "line 3: landmark 12 is in line 1 already"),
    ],
)
def test_a_wrong_line_is_named(text, message):
    with pytest.raises(DataError, match=message):
        read_landmark_list(text, "gids.txt")


def test_lists_are_merged():
    texts = {"b.csv": "12,gate\n", "a.csv": "7\n9,keep\n"}
    assert merge_landmark_lists(texts, [3], range(20)) == {3: "", 7: "", 9: "keep", 12: "gate"}


def test_an_unknown_landmark_and_one_of_two_lists_are_named():
    with pytest.raises(DataError, match=r"a\.csv: landmark 12 is not in the training set"):
        merge_landmark_lists({"a.csv": "12\n"}, [], {7})
    with pytest.raises(DataError, match=r"b\.csv: landmark 7 is in another list already"):
        merge_landmark_lists({"b.csv": "7\n", "a.csv": "7\n"}, [], {7})
    with pytest.raises(DataError, match=r"a\.csv: landmark 7 is in another list already"):
        merge_landmark_lists({"a.csv": "7\n"}, [7], {7})
