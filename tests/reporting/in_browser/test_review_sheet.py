"""The review sheet, worked as a reviewer works it."""

import json
from pathlib import Path

import pytest

from landmark_retrieval.overlap.verdict_files import FORMAT, read_verdicts
from landmark_retrieval.reporting.review.rows import ReviewRow, ReviewTile
from landmark_retrieval.reporting.review.sheet import review_sheet

EVIL = (
    '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">\'"\u2028{{ 7 * 7 }}'
)
PIXEL = (
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # one transparent pixel
)
LARGE = 2**60 + 1
"""A landmark id that a JavaScript number cannot hold."""


def row(landmark: int, name: str, proposed: bool) -> ReviewRow:
    tiles = (ReviewTile(f"{name}{landmark}", PIXEL, name), ReviewTile("broken", "", "caption"))
    nan = float("nan")
    return ReviewRow(
        landmark, name, "roxford5k", 1, 2, 3, 40, 0.8, 4.5, "", nan, proposed, name, tiles, tiles, tiles
    )


@pytest.fixture
def sheet(tmp_path) -> Path:
    """A sheet of its own for every test: what a browser keeps of one does not reach another."""
    rows = [row(5, "Opera", True), row(7, EVIL, False), row(LARGE, "", True), row(9, "Tower", False)]
    path = tmp_path / "sheet.html"
    path.write_text(review_sheet(rows, "rgldv2_clean", f"sheet of {tmp_path}", 4), encoding="utf-8")
    return path


STATES = "[...document.querySelectorAll('.candidate')].map(row => row.dataset.verdict)"
NOTES = "[...document.querySelectorAll('textarea')].map(note => note.value)"
CURRENT = "document.querySelector('[aria-current]').dataset.landmark"
SHOWN = "[...document.querySelectorAll('.candidate:not([hidden])')].map(row => row.dataset.landmark)"
STATUS = "document.getElementById('status').textContent"
COUNT = "document.getElementById('count').textContent"


def work(page, reviewer: str = "Ana Bí") -> None:
    """Enter a name and, by keyboard alone, three verdicts and two notes, one without a verdict."""
    page.run("document.getElementById('reviewer').focus()")
    page.type(reviewer)
    page.press("Escape")
    page.press("s")
    page.press("j")
    page.press("d")
    page.press("n")
    page.type(EVIL)
    page.press("Escape")
    page.press("ArrowDown")
    page.press("u")
    page.press("j")
    page.press("n")
    page.type("sud")
    page.press("Escape")


def saved(page, folder: Path) -> tuple[str, dict]:
    page.press("s", ctrl=True)
    begun = page.wait_for("Browser.downloadWillBegin")
    page.wait_for("Browser.downloadProgress", guid=begun["guid"], state="completed")
    name = begun["suggestedFilename"]
    return name, json.loads((folder / name).read_text(encoding="utf-8"))


def test_reviewer_votes_saves_and_finds_everything_again(page, sheet, tmp_path):
    page.open(sheet)
    assert page.run(COUNT) == "0 of 4 decided"
    work(page)
    assert page.run(STATES) == ["same", "different", "unsure", ""]
    assert page.run(COUNT) == "3 of 4 decided"
    name, file = saved(page, tmp_path)
    assert name == "verdicts_rgldv2_clean_Ana-Bí.json"
    when = file.pop("saved")
    assert when.endswith("Z")
    assert file == {
        "format": FORMAT,
        "variant": "rgldv2_clean",
        "sheet": f"sheet of {tmp_path}",
        "reviewer": "Ana Bí",
        "verdicts": [
            {"landmark_id": 5, "verdict": "same", "note": ""},
            {"landmark_id": 7, "verdict": "different", "note": EVIL},
            {"landmark_id": LARGE, "verdict": "unsure", "note": ""},
        ],
    }
    read = read_verdicts({name: json.dumps(file | {"saved": when})}, "rgldv2_clean", [5, 7, 9, LARGE])
    assert read["verdict"].tolist() == ["same", "different", "unsure"]
    assert "Notes without a verdict are not in the file: 1" in page.run(STATUS)
    page.reload()
    assert page.run(STATES) == ["same", "different", "unsure", ""]
    assert page.run(NOTES) == ["", EVIL, "", "sud"]
    assert page.run("document.getElementById('reviewer').value") == "Ana Bí"


def test_hostile_names_and_notes_are_text(page, sheet, tmp_path):
    page.open(sheet)
    work(page)
    saved(page, tmp_path)
    page.reload()
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run("document.querySelectorAll('h2')[1].textContent") == EVIL
    assert page.run("document.scripts.length") == 2
    assert page.run("document.querySelectorAll('img').length") == 12


def test_policy_of_the_page_refuses_foreign_scripts(page, sheet):
    whole = sheet.read_text(encoding="utf-8")
    sheet.write_text(
        whole.replace("<footer>", "<script>window.hacked = 1</script><footer>"), encoding="utf-8"
    )
    page.open(sheet)
    assert page.run("typeof window.hacked") == "undefined"
    assert page.run(COUNT) == "0 of 4 decided"


def test_leaving_with_unsaved_verdicts_is_asked_about(page, sheet, tmp_path):
    page.open(sheet)
    work(page)
    saved(page, tmp_path)
    page.reload()  # nothing is asked, or this would not come to an end
    page.press("x")
    page.send("Page.reload")
    assert page.wait_for("Page.javascriptDialogOpening")["type"] == "beforeunload"
    page.send("Page.handleJavaScriptDialog", accept=True)
    page.wait_for("Page.loadEventFired")
    assert page.run(STATES) == ["", "different", "unsure", ""]


def test_nothing_is_saved_without_a_name(page, sheet, tmp_path):
    page.open(sheet)
    page.press("s")
    page.press("s", ctrl=True)
    assert "name first" in page.run(STATUS)
    assert page.run("document.activeElement.id") == "reviewer"
    page.type("Ben")
    assert saved(page, tmp_path)[1]["reviewer"] == "Ben"


def test_control_characters_do_not_reach_the_file(page, sheet, tmp_path):
    page.open(sheet)
    page.run("document.getElementById('reviewer').value = 'Ana\\u0007'")
    page.press("s")
    page.press("n")
    page.type("one\x07\ttwo")
    file = saved(page, tmp_path)[1]
    assert (file["reviewer"], file["verdicts"][0]["note"]) == ("Ana", "one\ttwo")


def test_buttons_do_what_keys_do(page, sheet):
    page.open(sheet)
    page.run("document.querySelectorAll('.candidate')[3].querySelector('.different').click()")
    page.run("document.querySelectorAll('.candidate')[2].querySelector('.same').click()")
    assert page.run(STATES) == ["", "", "same", "different"]
    pressed = "[...document.querySelectorAll('[aria-pressed=true]')].map(one => one.dataset.verdict)"
    assert page.run(pressed) == ["same", "different"]
    assert page.run(CURRENT) == str(LARGE)
    page.run("document.querySelectorAll('.candidate')[3].querySelector('.clear').click()")
    assert page.run(STATES) == ["", "", "same", ""]


def test_keys_that_are_switched_off_or_typed_do_not_vote(page, sheet):
    page.open(sheet)
    page.press("n")
    for key in "sdux":
        page.press(key)
    assert (page.run(STATES), page.run(NOTES)) == (["", "", "", ""], ["sdux", "", "", ""])
    page.press("Escape")
    page.run("document.getElementById('keys').click()")
    page.press("s")
    assert page.run(STATES) == ["", "", "", ""]


def test_filters_and_moving(page, sheet):
    page.open(sheet)
    page.run("document.querySelector('[value=proposed]').click()")
    assert page.run(SHOWN) == ["5", str(LARGE)]
    page.press("j")
    assert page.run(CURRENT) == str(LARGE)
    page.press("j")
    assert page.run(CURRENT) == str(LARGE)
    page.press("k")
    page.run("document.querySelector('[value=undecided]').click()")
    page.press("s")
    assert page.run(SHOWN) == ["5", "7", str(LARGE), "9"]  # the current one stays until it is left
    page.press("j")
    assert page.run(SHOWN) == ["7", str(LARGE), "9"]
    assert page.run(CURRENT) == "7"
    assert page.run("document.activeElement.dataset.landmark") == "7"


def test_saved_file_is_gone_on_from(page, sheet, tmp_path):
    page.open(sheet)
    work(page)
    name, file = saved(page, tmp_path)
    page.run("localStorage.clear()")
    page.reload()
    assert page.run(STATES) == ["", "", "", ""]
    page.attach("#file", tmp_path / name)
    page.until(f"{STATUS}.includes('loaded')")
    assert page.run(STATES) == ["same", "different", "unsure", ""]
    assert page.run(NOTES) == ["", EVIL, "", ""]
    assert page.run("typeof window.hacked") == "undefined"
    (tmp_path / name).unlink()
    assert saved(page, tmp_path)[1]["verdicts"] == file["verdicts"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "verdicts 0"}, "was not loaded: expected the format"),
        ({"variant": "v2"}, "was not loaded: it is for the variant “v2”"),
        ({"verdicts": None}, "was not loaded: it holds no verdicts"),
        ({"sheet": "other"}, "1 verdict of Ana loaded. They were given on another sheet"),
        ({"verdicts": [{"landmark_id": 4, "verdict": "same", "note": ""}]}, "left out: 1"),
        ({"verdicts": [{"landmark_id": 5, "verdict": "toString", "note": ""}]}, "left out: 1"),
    ],
)
def test_files_that_do_not_fit(page, sheet, tmp_path, change, said):
    verdicts = [{"landmark_id": 5, "verdict": "same", "note": ""}]
    file = {"format": FORMAT, "variant": "rgldv2_clean", "sheet": f"sheet of {tmp_path}", "reviewer": "Ana"}
    (tmp_path / "given.json").write_text(json.dumps(file | {"verdicts": verdicts} | change))
    page.open(sheet)
    page.attach("#file", tmp_path / "given.json")
    page.until(STATUS)
    assert said in page.run(STATUS)
    assert page.run(STATES) == ["same" if "loaded." in said else "", "", "", ""]


def test_refused_storage_is_said_and_does_no_harm(page, sheet, tmp_path):
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })",
    )
    page.open(sheet)
    assert "cannot be read" in page.run(STATUS)
    page.press("s")
    assert "keeps nothing" in page.run(STATUS)
    page.run("document.getElementById('reviewer').focus()")
    page.type("Ana")
    assert saved(page, tmp_path)[1]["verdicts"] == [{"landmark_id": 5, "verdict": "same", "note": ""}]


def test_row_moved_to_stands_below_the_toolbar(page, tmp_path):
    rows = [row(i, f"Landmark {i}", i % 20 == 0) for i in range(100)]
    path = tmp_path / "long.html"
    path.write_text(review_sheet(rows, "v", f"long sheet of {tmp_path}", 100), encoding="utf-8")
    page.open(path)
    page.run("document.querySelector('[value=proposed]').click()")
    page.press("j")
    page.run("document.querySelector('[value=all]').click()")
    page.run("document.querySelectorAll('.candidate')[70].click()")
    page.press("k")
    assert page.run(CURRENT) == "69"
    gap = (
        "document.querySelector('[aria-current]').getBoundingClientRect().top"
        " - document.querySelector('.toolbar').getBoundingClientRect().bottom"
    )
    page.until(f"{gap} > 0 && {gap} < 60")


@pytest.mark.parametrize("width", [360, 1400])
def test_nothing_is_wider_than_the_window(page, sheet, width):
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 800
    )
    page.open(sheet)
    assert page.run("document.documentElement.scrollWidth") <= width
