import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.query_names import names_of_queries, names_of_solution, read_query_names

QUERIES = pd.DataFrame({"image_id": ["rworld_000040", "rworld_000052", "rworld_000232"]}, dtype="str")


def test_names_of_the_file(tree):
    files = tree(
        landmark_names__csv="query,name\nrworld_000232,Old Gate\nrworld_000040,Keep\nrworld_000052,\n"
    )
    names = read_query_names(files, QUERIES)
    assert names.to_dict("list") == {
        "query_id": ["rworld_000232", "rworld_000040"],
        "name": ["Old Gate", "Keep"],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "query,name\nrworld_000040,Keep\nother_1,Gate\n",
            "line 3: expected a query of the benchmark.*'other_1'",
        ),
        ("query,name\nrworld_000040,Keep\nrworld_000040,Gate\n", "line 3: .*is already in line 2"),
        ("image,name\nrworld_000040,Keep\n", "expected one column 'query'"),
        ("query,name\n,Keep\n", "line 2: expected query an image_id"),
    ],
)
def test_a_wrong_file_is_an_error(tree, text, message):
    with pytest.raises(DataError, match=message):
        read_query_names(tree(landmark_names__csv=text), QUERIES)


def test_without_a_file_the_queries_name_themselves(tree):
    queries = pd.DataFrame({"image_id": ["all_souls_000013", "paris_museedorsay_000527"]}, dtype="str")
    assert read_query_names(tree(gnd__pkl=""), queries)["name"].tolist() == ["all souls", "paris museedorsay"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("hotel_des_invalides_000123", "hotel des invalides"),
        ("all_souls_000013", "all souls"),
        ("oxford_002985", None),
        ("paris_general_001729", None),
        ("paris_general_store_000001", "paris general store"),
        ("000123", None),
        ("2011_000123", None),
        ("route_66_000123", "route 66"),
        ("0a1b2c3d4e5f6071", None),
        ("keble", None),
        ("__7_", None),
    ],
)
def test_name_within_an_id(query, name):
    assert names_of_queries([query])["name"].tolist() == ([] if name is None else [name])


def test_a_name_that_all_queries_share_is_that_of_the_set():
    assert names_of_queries(QUERIES["image_id"]).empty
    assert names_of_queries(["rworld_1", "rworld_2", "keble_1"])["name"].tolist() == [
        "rworld",
        "rworld",
        "keble",
    ]
    assert names_of_queries([]).columns.tolist() == ["query_id", "name"]


def test_names_by_the_recognition_solution():
    solution = pd.DataFrame(
        {
            "image_id": ["a", "b", "c", "d"],
            "usage": "Public",
            "landmark_ids": [np.array([7, 8]), np.array([], dtype=np.int64), np.array([9]), np.array([7])],
        }
    )
    names = pd.DataFrame({"landmark_id": [8, 7], "name": ["Mill", "Gate"]})
    found = names_of_solution(solution, names)
    assert found["query_id"].tolist() == ["a", "a", "d"]
    assert found["name"].tolist() == ["Gate", "Mill", "Gate"]
    assert names_of_solution(solution.iloc[[1]], names).empty
