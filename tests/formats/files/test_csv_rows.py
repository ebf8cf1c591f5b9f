import csv
import io

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files import csv_rows
from landmark_retrieval.formats.files.csv_rows import read_csv


def test_columns_are_those_the_csv_module_reads_stripped(tree):
    rng = np.random.default_rng(0)
    words = ["a", "b c", "é, ü", 'say "x"', "", "7"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["key", "other", "value"])
    for i in range(200):
        writer.writerow([f" k{i} ", rng.choice(words), rng.choice(words)])
        if i % 17 == 0:
            text.write("\n")
    expected = list(csv.DictReader(io.StringIO(text.getvalue())))
    rows = read_csv(tree(a__csv=text.getvalue()), "a.csv", "value", "key")
    assert len(rows) == 200
    assert rows.text("key").to_pylist() == [row["key"].strip() for row in expected]
    assert rows.text("value").to_pylist() == [row["value"] for row in expected]


@pytest.mark.parametrize(
    "text",
    [
        "id,n\na,1\nb,2\n",
        "id,n\na,1\nb,2",
        "\ufeffid,n\na,1\nb,2\n",
        "id,n\r\na,1\r\nb,2\r\n\r\n\r\n",
        "id,n\ra,1\rb,2\r",
        "id,n\n\na,1\n\nb,2\n\n\n",
        ' id , n\n a ,"1"\nb,2 \n',
        "n,x,id\n1,,a\n2,,b\n",
    ],
)
def test_what_is_tolerated_changes_nothing(tree, text):
    rows = read_csv(tree(a__csv=text), "a.csv", "id", "n")
    assert rows.text("id").to_pylist() == ["a", "b"]
    assert rows.integers("n").tolist() == [1, 2]
    assert rows.integers("n").dtype == np.int64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected one column 'id', found none"),
        ("\n", "line 1: expected one column 'id', found none"),
        ("id\n", "line 1: expected one column 'n', found 'id'"),
        ("id,landmark\na,1\n", "line 1: expected one column 'n', found 'id', 'landmark'"),
        ("id,n,id\na,1,b\n", "line 1: expected one column 'id', found 'id', 'n', 'id'"),
        ("id,n", ""),
        ("id,n\n\n\n", "expected rows after the header, found none"),
        ("id,n\na,1\nb\nc,3\n", "line 3: expected 2 fields, found 1"),
        ("id,n\n\n\na,1\n\nb,2,3\n", "line 6: expected 2 fields, found 3"),
        ("id,n\na,1\n   \n", "line 3: expected 2 fields, found 1"),
        ('id,n\na,1\n"b,2\nc,3\n"', "line 3: expected 2 fields, found 1"),
        ('id,n\na,1\nb,"2\nc,3\n', "line 3: expected fields within one line, found a line break"),
        (b"id,n\na,1\n\nb\xff,2\n", r"line 4: expected UTF-8 text, found b'b\\xff'"),
        ("id,n\na,1\n".encode("utf-16"), "line 1: expected one column 'id'"),
    ],
)
def test_malformed_files_are_named_with_their_line(tree, text, message):
    with pytest.raises(DataError, match=r"a\.csv.*" + message):
        read_csv(tree(a__csv=text), "a.csv", "id", "n")


def test_a_missing_file_and_a_folder_are_no_files(tree):
    for path in ["b.csv", "a"]:
        with pytest.raises(DataError, match="no such file"):
            read_csv(tree.of({"a/x.csv": "id\n1\n"}), path, "id")


def test_a_path_that_climbs_is_refused(tree):
    with pytest.raises(DataError, match="leads out"):
        read_csv(tree(a__csv="id\n1\n"), "../a.csv", "id")


def test_values_are_checked_and_named_with_their_line(tree):
    rows = read_csv(tree(a__csv="id,n\n\na,1\nb,x2\na,-3\n"), "a.csv", "id", "n")
    with pytest.raises(DataError, match=r"a\.csv, line 4: expected n a whole number, found 'x2'"):
        rows.integers("n")
    with pytest.raises(DataError, match=r"a\.csv, line 5: id 'a' is already in line 3"):
        rows.unique("id", ".", "")
    with pytest.raises(DataError, match=r"a\.csv, line 4: expected id like a, found 'b'"):
        rows.matching("id", "^a$", "like a")


def test_long_values_are_shortened_in_messages(tree):
    rows = read_csv(tree(a__csv=f"id\n{'x' * 1000}\n"), "a.csv", "id")
    with pytest.raises(DataError) as error:
        rows.integers("id")
    assert len(str(error.value).rpartition("found")[2]) < 100


@pytest.mark.parametrize("block_bytes", [64, 100, 333])
def test_blocks_change_neither_values_nor_lines(tree, monkeypatch, block_bytes):
    monkeypatch.setattr(csv_rows, "_BLOCK_BYTES", block_bytes)
    lines = [f"id{i:04d},{i}" for i in range(100)]
    rows = read_csv(tree(a__csv="id,n\n" + "\n".join(lines)), "a.csv", "id", "n")
    assert rows.integers("n").tolist() == list(range(100))
    lines[90] = "id0003,90"
    rows = read_csv(tree(a__csv="id,n\n" + "\n".join(lines)), "a.csv", "id", "n")
    with pytest.raises(DataError, match="line 92: id 'id0003' is already in line 5"):
        rows.unique("id", ".", "")
    lines[80] = "id0080,80,"
    with pytest.raises(DataError, match="line 82: expected 2 fields, found 3"):
        read_csv(tree(a__csv="id,n\n" + "\n".join(lines)), "a.csv", "id", "n")
    lines[80] = 'id0080,"8\n0"'
    with pytest.raises(DataError, match="line 82: expected fields within one line"):
        read_csv(tree(a__csv="id,n\n" + "\n".join(lines)), "a.csv", "id", "n")
