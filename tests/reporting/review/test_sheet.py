import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.overlap.verdict_files import FORMAT
from landmark_retrieval.reporting.chance import Chance, Drawing
from landmark_retrieval.reporting.review.rows import ReviewRow, ReviewTile
from landmark_retrieval.reporting.review.sheet import review_sheet, sheet_fingerprint
from landmark_retrieval.tables import OverlapCandidates, column_types
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings, false_verifications

EVIL = '</script><!--<script>alert(1)</script><img src=x onerror="alert(1)">\'"&amp;{{ 7 * 7 }}'
PIXEL = "data:image/jpeg;base64,AAAA"


class Reader(HTMLParser):
    """Tags with their attributes, and the texts of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)

    def values(self, attribute: str) -> list[str]:
        return [found[attribute] for _, found in self.tags if attribute in found]


def row(landmark: int = 5, name: str = "Opera", **changed) -> ReviewRow:
    tiles = (ReviewTile(name, PIXEL, name), ReviewTile("x", "", name))
    known = dict(
        zip(
            column_types(OverlapCandidates),
            (landmark, name, name, 2, 3, 4, 41, 0.8765, 4.5, name, 93.4, True, name),
            strict=True,
        )
    )
    known |= {"query_tiles": tiles, "photographs": tiles, "drawings": tiles}
    return ReviewRow(**known | changed)


@pytest.fixture
def candidates() -> pd.DataFrame:
    rows = [
        (1, "Óne", "oxford", 3, 2, 4, 9, 0.9, 4.5, "", float("nan"), True, "verified"),
        (2, "", "", 0, 0, 0, 0, float("nan"), 2.0, "Two", 93.0, False, ""),
    ]
    return pd.DataFrame(rows, columns=list(column_types(OverlapCandidates)))


def test_is_whole_and_needs_no_network():
    page = review_sheet([row(5), row(6)], "v", "f" * 64, 2)
    reader = Reader(page)
    ids = reader.values("id")
    assert len(set(ids)) == len(ids)
    assert all(source.startswith("data:") for source in reader.values("src"))
    assert reader.values("href") == ["#content"]
    assert not {"link", "iframe", "object"} & {tag for tag, _ in reader.tags}
    assert not re.search(r"@import|url\(|https?:", page)


def test_shows_what_is_known():
    page = review_sheet([row(name="Opera")], "rgldv2_clean", "f" * 64, 3)
    for text in (
        "Overlap review: rgldv2_clean",
        "1 of 3 candidates",
        "0.876",
        "93 %",
        "4.5<",
        "not readable",
    ):
        assert text in page
    assert re.search(r"<dd>4 <small>2 queries, 3 images</small>", page)
    single = review_sheet([row(queries=1, images=1)], "v", "f" * 64, 1)
    assert "1 query, 1 image<" in single
    assert "candidates are on this page" not in single


def test_unknown_numbers_and_names():
    nan = float("nan")
    page = review_sheet([row(name="", best_similarity=nan, name_similarity=nan)], "v", "f", 1)
    assert ">landmark 5</h2>" in page
    assert "<dd>–</dd>" in page
    assert "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.S)
    assert "name like" not in page


def test_candidate_without_evidence_and_sheet_without_candidates():
    bare = row(query_tiles=(), photographs=(), drawings=())
    assert "No matches were found" in review_sheet([bare], "v", "f", 1)
    empty = review_sheet([], "v", "f", 0)
    assert "There are no candidates." in empty
    assert json.loads(Reader(empty).scripts[0])["landmarks"] == []


def test_hostile_names_are_text_in_markup_and_data():
    page = review_sheet([row(name=EVIL)], EVIL, "f" * 64, 1)
    reader = Reader(page)
    tags = [tag for tag, _ in reader.tags]
    assert tags.count("script") == 2
    assert tags.count("img") == 3
    assert not [found for _, found in reader.tags if any(name.startswith("on") for name in found)]
    island = json.loads(reader.scripts[0])
    assert island["landmarks"] == [{"id": "5", "name": EVIL}]
    assert (island["variant"], island["format"], island["sheet"]) == (EVIL, FORMAT, "f" * 64)
    assert EVIL in reader.values("title")


def test_every_control_says_what_it_does():
    reader = Reader(review_sheet([row()], "v", "f", 1))
    images = [found for tag, found in reader.tags if tag == "img"]
    assert all(found["alt"] and found["loading"] == "lazy" for found in images)
    groups = [found for _, found in reader.tags if found.get("role") in ("group", "region")]
    assert all(found["aria-label"] for found in groups)
    assert {"s", "d", "u", "x", "n", "Control+S"} == set(reader.values("aria-keyshortcuts"))


def test_same_rows_same_bytes():
    assert review_sheet([row()], "v", "f", 1) == review_sheet([row()], "v", "f", 1)


def test_fingerprint_is_of_what_is_said(candidates):
    fingerprint = sheet_fingerprint(candidates)
    assert re.fullmatch(r"[0-9a-f]{64}", fingerprint)
    assert sheet_fingerprint(candidates[::-1]) == fingerprint
    assert sheet_fingerprint(candidates[list(column_types(OverlapCandidates))[::-1]]) == fingerprint
    last_digits = candidates.assign(score=candidates["score"] + 1e-9)
    assert sheet_fingerprint(last_digits) == fingerprint
    assert sheet_fingerprint(candidates[:0]) != sheet_fingerprint(candidates[:1]) != fingerprint


@pytest.mark.parametrize("column", column_types(OverlapCandidates))
def test_every_column_counts(candidates, column):
    changed = candidates.copy()
    value = changed.loc[1, column]
    other = {"str": "other", "bool": True, "int64": 7, "float64": 0.5}[
        column_types(OverlapCandidates)[column]
    ]
    assert value != other
    changed.loc[1, column] = other
    assert sheet_fingerprint(changed) != sheet_fingerprint(candidates)


@pytest.mark.parametrize("name", ["rworld", EVIL])
def test_chance_and_its_strongest_pairs_are_shown(name):
    wanted = FalseVerificationSettings(rate=0.01, pairs=9, confidence=0.95, seed=0, drawn=0)
    different = np.random.default_rng(0).geometric(0.8, 2_000)
    table = false_verifications(different, np.arange(90), 100.0, "auto", wanted)
    part = Chance(name, table, (Drawing(PIXEL, f"33 of 40 matches: {name}"),))
    page = review_sheet([row()], "v", "f", 1, (part,))
    assert f"verified from {part.used} inliers on" in page
    assert "look for watermarks" in page
    reader = Reader(page)
    assert len(reader.scripts) == len(Reader(review_sheet([row()], "v", "f", 1)).scripts)
    assert f"33 of 40 matches: {name}" in reader.values("alt")
