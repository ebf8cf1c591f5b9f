import pickle

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.revisited import check_boxes, read_revisited
from landmark_retrieval.tables import QueryImages, RevisitedRelevance
from landmark_retrieval.tables.sources import BOX


def judged(**changes):
    return {"easy": [0], "hard": [2, 3], "junk": np.array([1]), "bbx": [1.5, 2, 30, 40.5]} | changes


def content(**changes):
    gnd = [judged(), {"easy": [], "hard": [], "junk": [], "bbx": np.array([0.0, 0, 5, 5])}]
    return {"imlist": ["a_1", "b_2", "c_3", "d_4"], "qimlist": ["q_1", "q_2"], "gnd": gnd} | changes


def read(tree, data, name="toy"):
    return read_revisited(tree.of({f"gnd_{name}.pkl": pickle.dumps(data, 2)}), name)


def test_the_tables_hold_what_the_pickle_says(tree):
    index, queries, relevance = read(tree, content())
    assert index["image_id"].tolist() == ["a_1", "b_2", "c_3", "d_4"]
    assert index["path"].tolist() == ["jpg/a_1.jpg", "jpg/b_2.jpg", "jpg/c_3.jpg", "jpg/d_4.jpg"]
    assert queries["path"].tolist() == ["jpg/q_1.jpg", "jpg/q_2.jpg"]
    assert queries[BOX].to_numpy().tolist() == [[1.5, 2, 30, 40.5], [0, 0, 5, 5]]
    QueryImages.validate(queries.assign(width=50, height=50))
    RevisitedRelevance.validate(relevance)
    assert sorted(relevance.itertuples(index=False, name=None)) == [
        ("q_1", "a_1", "easy"),
        ("q_1", "b_2", "junk"),
        ("q_1", "c_3", "hard"),
        ("q_1", "d_4", "hard"),
    ]


def test_arrays_and_lists_of_any_kind_say_the_same(tree):
    arrays = content(
        imlist=np.array(["a_1", "b_2", "c_3", "d_4"]),
        qimlist=[b"q_1", b"q_2"],
        gnd=[
            {k: np.array(v, dtype=np.uint16 if k != "bbx" else float)[None] for k, v in entry.items()}
            for entry in content()["gnd"]
        ],
    )
    for table, other in zip(read(tree, content()), read(tree, arrays), strict=True):
        assert table.equals(other)


def test_the_original_protocol_reads_ok_as_easy(tree):
    gnd = [{"ok": [0, 2], "junk": [3], "bbx": [0, 0, 5, 5]}]
    _, queries, relevance = read(tree, content(qimlist=["a_1"], gnd=gnd))
    assert queries["image_id"].tolist() == ["a_1"]
    assert relevance["image_id"].tolist() == ["a_1", "c_3", "d_4"]
    assert relevance["grade"].tolist() == ["easy", "easy", "junk"]


def test_permuting_the_index_changes_no_judgement(tree):
    order = np.random.default_rng(0).permutation(4)
    moved = {
        key: [int(np.flatnonzero(order == row)[0]) for row in judged()[key]]
        for key in ("easy", "hard", "junk")
    }
    permuted = content(
        imlist=[content()["imlist"][row] for row in order], gnd=[judged(**moved), content()["gnd"][1]]
    )
    relevance, other = read(tree, content())[2], read(tree, permuted)[2]
    assert set(relevance.itertuples(index=False)) == set(other.itertuples(index=False))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"easy": [4]}, "query 'q_1', easy: expected rows of 4 images, found 4"),
        ({"junk": [-1]}, "query 'q_1', junk: expected rows of 4 images, found -1"),
        ({"hard": [0]}, "query 'q_1', hard: 'a_1' is judged easy already"),
        ({"junk": [3]}, "query 'q_1', junk: 'd_4' is judged hard already"),
        ({"junk": [1, 1]}, "query 'q_1', junk: 'b_2' is judged junk already"),
        ({"easy": [0.5]}, r"query 'q_1', easy: expected whole numbers, found \[0.5\]"),
        ({"easy": ["0"]}, "query 'q_1', easy: expected whole numbers"),
        ({"bbx": [1, 2, 3]}, "query 'q_1', bbx: expected 0 <= x1 < x2 and 0 <= y1 < y2"),
        ({"bbx": [5, 0, 5, 9]}, "query 'q_1', bbx: expected 0 <= x1 < x2"),
        ({"bbx": [-1, 0, 5, 9]}, "query 'q_1', bbx: expected 0 <= x1 < x2"),
        ({"bbx": [0, 0, float("nan"), 9]}, "query 'q_1', bbx: expected 0 <= x1 < x2"),
        ({"bbx": "a box"}, "query 'q_1', bbx: expected four numbers"),
        ({"easy": [[0], [1, 2]]}, "inhomogeneous"),
    ],
)
def test_a_bad_judgement_is_named(tree, changes, message):
    gnd = [judged(**changes), content()["gnd"][1]]
    with pytest.raises(DataError, match=r"gnd_toy\.pkl: .*" + message):
        read(tree, content(gnd=gnd))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "expected a dictionary with the key 'imlist', found list"),
        ({"imlist": ["a"]}, r"expected a dictionary with the key 'qimlist', found \['imlist'\]"),
        (content(gnd=content()["gnd"][:1]), "gnd: expected one entry for each of 2 queries, found 1"),
        (content(gnd=[judged(), [1]]), "expected a dictionary with the key 'bbx', found list"),
        (content(gnd=[judged(), {"bbx": [0, 0, 1, 1]}]), "expected a dictionary with the key 'easy'"),
        (content(gnd=5), "gnd_toy.pkl"),
        (content(imlist=[]), "imlist: expected names, found none"),
        (content(imlist=["a", "b", "a", "d"]), r"imlist\[2\]: expected a new name"),
        (
            content(qimlist=["q", "../../etc/x"]),
            r"qimlist\[1\]: expected a new name without spaces and slashes",
        ),
        (content(qimlist=["q", "r s"]), r"qimlist\[1\]: expected a new name without spaces and slashes"),
        (content(qimlist=["q", ""]), r"qimlist\[1\]: expected a new name"),
    ],
)
def test_a_bad_benchmark_is_named(tree, data, message):
    with pytest.raises(DataError, match=message):
        read(tree, data)


def test_boxes_lie_within_their_pictures(tree):
    queries = read(tree, content())[1].assign(width=30, height=40)
    check_boxes(queries)
    with pytest.raises(
        DataError, match=r"query 'q_1': expected a box within 30 x 39, found \[1.5, 2.0, 30.0, 40.5\]"
    ):
        check_boxes(queries.assign(height=39))
    with pytest.raises(DataError, match="query 'q_1'"):
        check_boxes(queries.assign(width=28))
