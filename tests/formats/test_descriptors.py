import pickle

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats import descriptors, revisited_descriptors
from landmark_retrieval.formats.registry import FORMATS
from landmark_retrieval.tables import (
    IndexImages,
    QueryImages,
    RecognitionSolution,
    RetrievalSolution,
    TrainImages,
)

CSV = """image_id,split,landmark_id
t1,train,7
t2,train,8
x1,index,7
x2,index,
x3,index,9
q1,query,7
q2,query,9
q3,query,
"""


def test_ground_truth_follows_from_the_labels(tree):
    tables = descriptors.read(tree.of({"images.csv": CSV}), None)

    record = FORMATS["descriptors"]
    assert set(tables) == {*record.image_tables, *record.tables, "retrieval_solution"}
    assert tables["train_images"]["landmark_id"].tolist() == [7, 8]
    retrieval = tables["retrieval_solution"]
    assert retrieval["relevant"].tolist() == [["x1"], ["x3"], []]
    assert retrieval["usage"].tolist() == ["Private", "Private", "Ignored"]
    assert [ids.tolist() for ids in tables["recognition_solution"]["landmark_ids"]] == [[7], [], []]
    for table, schema in (
        ("train_images", TrainImages),
        ("index_images", IndexImages),
        ("query_images", QueryImages),
        ("retrieval_solution", RetrievalSolution),
        ("recognition_solution", RecognitionSolution),
    ):
        schema.validate(tables[table])


def test_a_solution_comes_before_the_labels(tree):
    solution = "id,images,Usage\nq1,x2 x3,Public\nq2,None,Ignored\nq3,x1,Private\n"
    tables = descriptors.read(tree.of({"images.csv": CSV, "retrieval_solution.csv": solution}), None)

    assert tables["retrieval_solution"]["relevant"].tolist() == [["x2", "x3"], [], ["x1"]]


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        (
            CSV.replace("t2,train,8", "t2,train,"),
            "line 3: expected landmark_id a whole number",
        ),
        (CSV.replace("x3", "x1"), "image_id 'x1'"),
        (CSV.replace("x2,index", "x2,gallery"), "line 5.*one of train, index and query.*gallery"),
        (CSV.replace("q2,query,9", "q2,query,nine"), "line 8.*a whole number, or nothing.*nine"),
        (CSV.replace("landmark_id", "label"), "expected one column 'landmark_id'"),
        (
            CSV.replace("query,7", "query,").replace("query,9", "query,"),
            "no query has the landmark",
        ),
        ("image_id,split,landmark_id\nx,index,1\n", "expected images of split 'query', found none"),
    ],
)
def test_a_bad_list_is_one_clear_error(tree, csv, message):
    with pytest.raises(DataError, match=message):
        descriptors.read(tree.of({"images.csv": csv}), None)


def test_the_revisited_ground_truth_needs_no_pictures(tree):
    gnd = [{"bbx": np.array([1.0, 2.0, 30.0, 40.0]), "easy": [0], "hard": [2], "junk": []}]
    content = {"gnd": gnd, "imlist": ["a", "b", "c"], "qimlist": ["q"]}
    tables = revisited_descriptors.read(tree.of({"gnd_mine.pkl": pickle.dumps(content, 2)}), None)

    assert tables["index_images"]["image_id"].tolist() == ["a", "b", "c"]
    assert tables["query_images"][["image_id", "x2", "path"]].values.tolist() == [["q", 30.0, ""]]
    assert tables["relevance"]["grade"].tolist() == ["easy", "hard"]
