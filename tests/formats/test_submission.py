import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.gldv2_csv.solutions import read_retrieval_solution
from landmark_retrieval.formats.submission import (
    read_recognition_submission,
    read_retrieval_submission,
    recognition_submission,
    retrieval_submission,
)
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.tables import Predictions


def by_usage(solution, usage, submission):
    ids = set(solution["image_id"][solution["usage"] == usage])
    return {row.image_id: row.images for row in submission.itertuples() if row.image_id in ids}


def test_vector_of_the_published_reader(tree):
    files = tree.of(
        {
            "retrieval_solution_v2.1.csv": "id,images,Usage\n0123456789abcdef,None,Ignored\n"
            "0223456789abcdef,fedcba9876543210 fedcba9876543200,Public\n"
            "0323456789abcdef,fedcba9876543200,Private\n",
            "submission.csv": "id,images\n0123456789abcdef,fedcba9876543250 \n"
            "0223456789abcdef,fedcba9876543210 fedcba9876543200 fedcba9876543220\n\n0323456789abcdef,\n",
        }
    )
    solution = read_retrieval_solution(files)
    relevant = dict(zip(solution["image_id"], solution["relevant"], strict=True))
    usage = dict(zip(solution["image_id"], solution["usage"], strict=True))
    assert usage == {
        "0123456789abcdef": "Ignored",
        "0223456789abcdef": "Public",
        "0323456789abcdef": "Private",
    }
    assert relevant["0223456789abcdef"] == ["fedcba9876543210", "fedcba9876543200"]
    assert relevant["0323456789abcdef"] == ["fedcba9876543200"]
    submission = read_retrieval_submission(files, "submission.csv", solution["image_id"])
    assert by_usage(solution, "Public", submission) == {
        "0223456789abcdef": ["fedcba9876543210", "fedcba9876543200", "fedcba9876543220"]
    }
    assert by_usage(solution, "Private", submission) == {}


def test_a_ranking_written_is_the_ranking_read(tmp_path):
    positions = np.array([[2, 0, 1], [1, -1, -1], [-1, -1, -1]])
    scores = np.where(positions >= 0, [[3, 2, 1]], -np.inf).astype(np.float32)
    table = retrieval_submission(Ranking(positions, scores, 3), ["q1", "q2", "q3"], ["x", "y/1", "z"])
    table.to_csv(tmp_path / "s.csv", index=False)
    assert (tmp_path / "s.csv").read_bytes() == b"id,images\nq1,z x y/1\nq2,y/1\nq3,\n"
    read = read_retrieval_submission(FileTree(tmp_path), "s.csv", ["q1", "q2", "q3"])
    assert read.to_numpy().tolist() == [["q1", ["z", "x", "y/1"]], ["q2", ["y/1"]]]


def test_a_list_holds_a_hundred_images(tmp_path):
    positions = np.arange(150)[::-1][None]
    ranking = Ranking(positions, np.arange(150, 0, -1, dtype=np.float32)[None], 150)
    images = retrieval_submission(ranking, ["q"], [f"i{i}" for i in range(150)])["images"][0]
    assert images.split() == [f"i{i}" for i in range(149, 49, -1)]


def test_predictions_written_are_the_predictions_read(tmp_path):
    scores = np.array([0.1, -2.5e-7, 0, 1 / 3], dtype=np.float32)
    prediction = LabelPrediction(np.array([7, 0, -1, 203093]), scores)
    recognition_submission(prediction, list("abcd")).to_csv(tmp_path / "s.csv", index=False)
    assert (tmp_path / "s.csv").read_text().splitlines()[3] == "c,"
    read = read_recognition_submission(FileTree(tmp_path), "s.csv", set("abcd"))
    Predictions.validate(read)
    assert read["image_id"].tolist() == ["a", "b", "d"]
    assert read["landmark_id"].tolist() == [7, 0, 203093]
    assert read["score"].to_numpy().astype(np.float32).tolist() == scores[[0, 1, 3]].tolist()


def test_ids_with_spaces_cannot_be_submitted():
    ranking = Ranking(np.array([[0]]), np.array([[1.0]], dtype=np.float32), 1)
    prediction = LabelPrediction(np.array([1]), np.array([1.0], dtype=np.float32))
    with pytest.raises(DataError, match="'a b'"):
        retrieval_submission(ranking, ["q"], ["a b"])
    with pytest.raises(DataError, match="'a b'"):
        retrieval_submission(ranking, ["a b"], ["i"])
    with pytest.raises(DataError, match="'a b'"):
        recognition_submission(prediction, ["a b"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,x", "line 3: id 'a' is already in line 2"),
        ("zz,x", "line 3: expected the id of a query, found 'zz'"),
        ("b," + "x " * 101, "line 3: expected at most 100 images, found '101 images'"),
        ("b,x,y", "line 3: expected 2 fields, found 3"),
    ],
)
def test_bad_rows_of_a_retrieval_submission_are_named(tree, row, message):
    with pytest.raises(DataError, match=r"s\.csv, " + message):
        read_retrieval_submission(tree(s__csv=f"id,images\na,x\n{row}\n"), "s.csv", ["a", "b"])


@pytest.mark.parametrize(
    "field", ["5", "5 0.5 1", "x 0.5", "5 high", "5 nan", "5 inf", "5 1e999", "-1 0.5", "0.5 5 "]
)
def test_a_prediction_has_exactly_two_fields(tree, field):
    with pytest.raises(DataError, match=r"s\.csv, line 3: expected landmarks a landmark and a confidence"):
        read_recognition_submission(tree(s__csv=f"id,landmarks\na,1 0.5 \nb,{field}\n"), "s.csv", ["a", "b"])


def test_repeated_images_of_a_recognition_submission_are_named(tree):
    with pytest.raises(DataError, match="id 'a' is already in line 2"):
        read_recognition_submission(tree(s__csv="id,landmarks\na,1 0.5\na,\n"), "s.csv", ["a"])
