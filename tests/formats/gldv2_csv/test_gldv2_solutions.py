import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.gldv2_csv.solutions import (
    check_query_ids,
    check_solution_ids,
    read_recognition_solution,
    read_retrieval_solution,
)
from landmark_retrieval.tables import RecognitionSolution, RetrievalSolution

A, B, C, D = (letter * 16 for letter in "abcd")


def retrieval(tree, *rows):
    text = "id,images,Usage\n" + "\n".join(rows) + "\n"
    return read_retrieval_solution(tree.of({"retrieval_solution_v2.1.csv": text}))


def recognition(tree, *rows):
    text = "id,landmarks,Usage\n" + "\n".join(rows) + "\n"
    return read_recognition_solution(tree.of({"recognition_solution_v2.1.csv": text}))


def test_skipped_queries_are_ignored_and_trailing_spaces_forgiven(tree):
    solution = retrieval(tree, f"{A},None,Ignored", f"{B},{C} {D} ,Public", "", f"{C},{D},Private")
    RetrievalSolution.validate(solution)
    assert solution.to_numpy().tolist() == [[A, "Ignored", []], [B, "Public", [C, D]], [C, "Private", [D]]]


def test_queries_without_a_landmark_stay_scored(tree):
    solution = recognition(tree, f"{A},,Public", f"{B},12 7,Private", f"{C},None,Ignored")
    RecognitionSolution.validate(solution)
    assert solution["usage"].tolist() == ["Public", "Private", "Ignored"]
    assert [landmarks.tolist() for landmarks in solution["landmark_ids"]] == [[], [12, 7], []]
    assert all(landmarks.dtype == "int64" for landmarks in solution["landmark_ids"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"{B},{C},public", "expected Usage Public, Private or Ignored, found 'public'"),
        (f"{B},{C},", "expected Usage Public, Private or Ignored, found ''"),
        (f"{B},None,Public", "expected relevant images of a Public query, found 'None'"),
        (f"{B},,Private", "expected relevant images of a Private query, found ''"),
        (f"{B},{C} {D} {C},Private", "expected each relevant image once"),
        (f"{A},{C},Private", f"id '{A}' is already in line 2"),
        (f"xyz,{C},Private", "expected id of 16 hexadecimal characters"),
        (f"{B},{C}", "expected 3 fields, found 2"),
    ],
)
def test_bad_rows_of_a_retrieval_solution_are_named(tree, row, message):
    with pytest.raises(DataError, match=r"retrieval_solution_v2\.1\.csv, line 3: " + message):
        retrieval(tree, f"{A},{D},Public", row)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"{B},1 x,Public", "expected landmarks whole numbers separated by spaces, found '1 x'"),
        (f"{B},-1,Public", "expected landmarks whole numbers"),
        (f"{B},1,Test", "expected Usage Public, Private or Ignored, found 'Test'"),
        (f"{A},1,Public", f"id '{A}' is already in line 2"),
    ],
)
def test_bad_rows_of_a_recognition_solution_are_named(tree, row, message):
    with pytest.raises(DataError, match=r"recognition_solution_v2\.1\.csv, line 3: " + message):
        recognition(tree, f"{A},3,Public", row)


def test_a_solution_speaks_only_of_known_images(tree):
    solution = retrieval(tree, f"{A},{C} {D},Public", f"{B},None,Ignored")
    queries, index = pd.DataFrame({"image_id": [B, A]}), pd.DataFrame({"image_id": [D, A, C]})
    check_solution_ids(solution, queries, index)
    with pytest.raises(DataError, match=f"^1 ids of the solution are not among the queries: {B}$"):
        check_solution_ids(solution, queries[1:], index)
    with pytest.raises(DataError, match=f"^1 relevant images are not in the index: {C}$"):
        check_solution_ids(solution, queries, index[:2])


def test_many_unknown_ids_are_counted_and_the_first_named(tree):
    ids = [f"{i:016x}" for i in range(9)]
    solution = recognition(tree, *(f"{image_id},1,Public" for image_id in ids))
    with pytest.raises(DataError, match=f"^8 ids .*: {', '.join(ids[1:6])}, …$"):
        check_query_ids(solution, pd.DataFrame({"image_id": ids[:1]}))
