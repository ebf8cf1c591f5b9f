import csv
import io

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.gldv2_csv.images import read_clean_list, read_index, read_queries, read_train
from landmark_retrieval.tables.sources import BOX

A, B, C, D = (letter * 16 for letter in "abcd")
TRAIN = f"id,url,landmark_id\n{A},http://x/a.jpg,5\n{B},None,3\n{C},http://x/c.jpg,5\n{D},http://x/d.jpg,0\n"


def test_paths_follow_the_first_three_characters(tree):
    image_id = "0123456789abcdef"
    files = tree(train__csv=f"id,url,landmark_id\n{image_id},u,1\n", index__csv=f"id\n{image_id}\n")
    assert read_train(files)["path"].tolist() == [f"train/0/1/2/{image_id}.jpg"]
    assert read_index(files)["path"].tolist() == [f"index/0/1/2/{image_id}.jpg"]


def test_train_is_what_a_plain_loop_reads(tree):
    rng = np.random.default_rng(0)
    lines = [f"{rng.bytes(8).hex()},http://x/{i}.jpg, {rng.integers(9)} " for i in range(300)]
    text = "id,url,landmark_id\r\n" + "\r\n".join(lines)
    expected = []
    for row in csv.DictReader(io.StringIO(text)):
        name = row["id"]
        expected.append((name, f"train/{name[0]}/{name[1]}/{name[2]}/{name}.jpg", int(row["landmark_id"])))
    train = read_train(tree(train__csv=text))
    assert list(train.itertuples(index=False, name=None)) == expected
    assert dict(train.dtypes) == {"image_id": "str", "path": "str", "landmark_id": "int64"}


def test_queries_are_whole_images(tree):
    queries = read_queries(tree(test__csv=f"id\n{A}\n{B}\n"))
    assert queries["path"].tolist() == [f"test/a/a/a/{A}.jpg", f"test/b/b/b/{B}.jpg"]
    assert queries[BOX].isna().all(axis=None)
    assert (queries[BOX].dtypes == "float64").all()


def test_other_places_can_be_named(tree):
    files = tree.of({"index/metadata/index.csv": f"id\n{A}\n"})
    images = read_index(files, "index/metadata/index.csv", "index/image")
    assert images["path"].tolist() == [f"index/image/a/a/a/{A}.jpg"]


@pytest.mark.parametrize("bad", ["abc", A.upper(), A + "0", A[:-1] + "g", f"../{A[:13]}", "", "é" * 16])
def test_ids_are_sixteen_hexadecimal_characters(tree, bad):
    with pytest.raises(DataError, match=r"index\.csv, line 3: expected id of 16 hexadecimal characters"):
        read_index(tree(index__csv=f'id\n{B}\n"{bad}"\n'))


def test_a_repeated_id_is_named_with_both_lines(tree):
    with pytest.raises(DataError, match=f"train.csv, line 6: id '{B}' is already in line 3"):
        read_train(tree(train__csv=TRAIN + f"{B},u,3\n"))


def test_a_wrong_column_is_named(tree):
    with pytest.raises(
        DataError, match=r"line 1: expected one column 'landmark_id', found 'id', 'url', 'landmark'"
    ):
        read_train(tree(train__csv=TRAIN.replace("landmark_id", "landmark")))


def test_the_clean_list_keeps_its_images_in_the_order_of_train(tree):
    files = tree(train__csv=TRAIN, train_clean__csv=f"landmark_id,images\n5,{C}  {A} \n0,{D}\n")
    train = read_train(files)
    clean = read_clean_list(files, train)
    pd.testing.assert_frame_equal(clean, train.iloc[[0, 2, 3]].reset_index(drop=True))


def test_the_order_of_train_changes_nothing_but_the_order(tree):
    files = tree(train__csv=TRAIN, train_clean__csv=f"landmark_id,images\n5,{C} {A}\n3,{B}\n")
    train = read_train(files)
    turned = read_clean_list(files, train.iloc[::-1].reset_index(drop=True))
    expected = read_clean_list(files, train).iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(turned, expected)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"3,{B} {'e' * 16}", f"expected images of the training set, found '{'e' * 16}'"),
        (f"3,{B} {C}", f"expected images that the training set gives the same landmark_id, found '{C}'"),
        (f"3,{B} {B}", f"expected each image once, found '{B}'"),
        (f"5,{B} {A}", f"expected each image once, found '{A}'"),
        (f"x,{B}", "expected landmark_id a whole number, found 'x'"),
    ],
)
def test_a_clean_list_that_does_not_fit_is_named(tree, row, message):
    files = tree(train__csv=TRAIN, train_clean__csv=f"landmark_id,images\n5,{A}\n{row}\n")
    with pytest.raises(DataError, match=r"train_clean\.csv, line 3: " + message):
        read_clean_list(files, read_train(files))
