import itertools
import json

import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.verdict_files import MAX_FILE, read_verdicts
from landmark_retrieval.tables import Verdicts, column_types

KNOWN = {3, 7, 9}


def file_of(reviewer="Ann", verdicts=((7, "same", "the left tower"),), **changed):
    entries = [
        {"landmark_id": landmark, "verdict": verdict, "note": note} for landmark, verdict, note in verdicts
    ]
    content = {
        "format": "landmark-retrieval verdicts 1",
        "variant": "rgldv2_clean",
        "sheet": "0f0f",
        "reviewer": reviewer,
        "saved": "2026-01-31T12:00:00Z",
        "verdicts": entries,
    }
    return json.dumps(content | changed)


def read(text, variant="rgldv2_clean"):
    return read_verdicts({"a.json": text}, variant, KNOWN)


def test_files_of_two_reviewers():
    texts = {
        "b.json": file_of(" Bo  B ", [(9, "unsure", ""), (7, "different", "")]),
        "a.json": file_of(),
        "c.json": file_of(verdicts=[(3, "same", "ünïcode 🏰\nsecond line")]),
    }
    table = read_verdicts(texts, "rgldv2_clean", KNOWN)
    assert table.to_numpy().tolist() == [
        ["Ann", 3, "same", "ünïcode 🏰\nsecond line", "c.json"],
        ["Ann", 7, "same", "the left tower", "a.json"],
        ["Bo B", 7, "different", "", "b.json"],
        ["Bo B", 9, "unsure", "", "b.json"],
    ]
    for order in itertools.permutations(texts):
        again = read_verdicts({name: texts[name] for name in order}, "rgldv2_clean", KNOWN)
        pd.testing.assert_frame_equal(again, table)


@pytest.mark.parametrize("texts", [{}, {"a.json": file_of(verdicts=[])}])
def test_nobody_has_said_anything(texts):
    table = read_verdicts(texts, "v", KNOWN) if not texts else read_verdicts(texts, "rgldv2_clean", KNOWN)
    assert table.empty
    assert table.columns.tolist() == list(column_types(Verdicts))
    assert table["landmark_id"].dtype == "int64"


def entry(**changed):
    content = {"landmark_id": 7, "verdict": "same", "note": ""} | changed
    return listing([{k: v for k, v in content.items() if v is not None}])


def listing(verdicts):
    return json.dumps(json.loads(file_of()) | {"verdicts": verdicts})


def without(key):
    return json.dumps({k: v for k, v in json.loads(file_of()).items() if k != key})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a\.json: expected JSON"),
        ("{", r"a\.json: expected JSON"),
        ("[" * 100_000, r"a\.json: expected JSON"),
        ("9" * 5000, r"a\.json: expected JSON"),
        ("[]", r"a\.json: expected the format 'landmark-retrieval verdicts 1', found \[\]"),
        (file_of(format="landmark-retrieval verdicts 2"), "expected the format .* found '.* 2'"),
        (file_of(variant="v2_clean"), "expected verdicts on variant 'rgldv2_clean', found 'v2_clean'"),
        (file_of(extra=1), "unknown key 'extra'"),
        (without("saved"), "no key 'saved'"),
        (file_of()[:-1] + ', "reviewer": "Bo"}', "key 'reviewer' is repeated"),
        (file_of("  \n"), "expected the name of a reviewer"),
        (file_of("x" * 81), "a reviewer of at most 80 characters, found 81"),
        (file_of(7), "expected text as reviewer, found 7"),
        (file_of("A\u0000nn"), "control characters"),
        (file_of(sheet=None), "expected text as sheet, found None"),
        (file_of(saved="yesterday"), "expected an ISO time as saved, found 'yesterday'"),
        (file_of(saved=5), "expected an ISO time as saved, found 5"),
        (listing({"7": "same"}), "expected a list of verdicts"),
        (listing([7]), r"verdicts\[0\]: expected .* found 7"),
        (entry(votes=1), r"verdicts\[0\]: unknown key 'votes'"),
        (entry(note=None), r"verdicts\[0\]: no key 'note'"),
        (entry(landmark_id=8), r"verdicts\[0\]: expected a landmark_id of the manifest, found 8"),
        (entry(landmark_id="7"), "expected a landmark_id of the manifest, found '7'"),
        (entry(landmark_id=True), "expected a landmark_id of the manifest, found True"),
        (entry(landmark_id=7.0), r"expected a landmark_id of the manifest, found 7\.0"),
        (entry(landmark_id=10**30), "expected a landmark_id of the manifest, found 1000"),
        (entry(verdict="yes"), "expected verdict same or different or unsure, found 'yes'"),
        (entry(verdict=["same"]), r"expected verdict same or different or unsure, found \['same'\]"),
        (entry(note=5), "expected text as note, found 5"),
        (entry(note="x" * 2001), "a note of at most 2000 characters, found 2001"),
        (entry(note="\ud800"), "control characters"),
        (
            file_of(verdicts=[(7, "same", ""), (7, "same", "")]),
            r"verdicts\[1\]: landmark 7 is in this file",
        ),
        (" " * (MAX_FILE + 1), "expected at most"),
    ],
)
def test_a_wrong_file_is_one_error(text, message):
    with pytest.raises(DataError, match=message) as error:
        read(text)
    assert str(error.value).startswith("a.json: ")
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("again", ["Ann", " ann ", "ANN"])
def test_nobody_votes_twice(again):
    texts = {"a.json": file_of(), "b.json": file_of(again, [(7, "different", "")])}
    with pytest.raises(DataError, match=r"b\.json: '[Aa][Nn][Nn]' has judged landmark 7 in a\.json already"):
        read_verdicts(texts, "rgldv2_clean", KNOWN)
