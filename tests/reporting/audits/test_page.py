import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.comparison import compare_manifests
from landmark_retrieval.metrics.effects import effects, leak_groups
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED_MEDIUM
from landmark_retrieval.reporting.audits.page import AuditPage, MatchPicture, audit_page
from landmark_retrieval.reporting.audits.pictures import AuditSettings
from landmark_retrieval.reporting.audits.provenance import (
    AuditSide,
    differing,
    parameter_lines,
    provenance_lines,
)
from landmark_retrieval.reporting.chance import Chance, Drawing
from landmark_retrieval.verification.false_verifications import FalseVerificationSettings, false_verifications

EVIL = '<script>alert("x")</script>'
PIXEL = "data:image/jpeg;base64,AAAA"
SETTINGS = AuditSettings(landmarks=2, thumbnails=2, thumbnail_height=40, pairs=2, rows=3)
INTERVALS = IntervalSettings(resamples=100, confidence=0.95, seed=0)


def manifest(is_clean: bool, word: str = "") -> pd.DataFrame:
    landmark_id = np.repeat(np.arange(8), np.arange(2, 10))
    kept = landmark_id > 3 if is_clean else np.ones(len(landmark_id), bool)
    reason = np.where(kept, f"{word}as published", f"{word}verified by 1 of 2 needed images")
    ids = [f"i{i:02}{word}" for i in range(len(landmark_id))]
    return pd.DataFrame(
        {"image_id": ids, "landmark_id": landmark_id, "kept": kept, "reason": reason, "path": "none.jpg"}
    ).assign(width=4, height=3, source=f"gldv2{word}", evidence=word, source_version=f"first{word}")


def record(variant: str, **others: object) -> dict:
    upstream = {
        f"{variant}.cleaning": [{"method": "frequency", "min_inliers": 10}],
        f"experiments.variants.{variant}.start": ["v1"],
        "elsewhere.cleaning": [{"min_inliers": 99}],
        "training": [{"lr": 0.01}, {"lr": 0.02}, {"lr": 0.01}],
    }
    head = {"session": "2026-01-01T00.00.00.000Z", "git_commit": "c0ffee", "git_dirty": True}
    return head | {"command": "kedro run", "env": "base", "upstream": upstream} | others


def per_query(seed: int, key: str, parts: dict[str, str]) -> pd.DataFrame:
    figures = np.random.default_rng(seed).random((12, 6))
    table = pd.DataFrame(figures, columns=["ap", "p1", "p5", "p10", "first_correct", "spare"])
    ids = [f"q{i:02}" for i in range(12)]
    return table.assign(**{key: ids}, cluster=ids, **parts)


def both_effects() -> pd.DataFrame:
    graded = [
        {a: per_query(seed + i, "query_id", {"difficulty": "Medium"}) for i, a in enumerate(("knn", "aqe"))}
        for seed in (0, 10)
    ]
    plain = [{"knn": per_query(seed, "image_id", {"usage": "Private"})} for seed in (20, 30)]
    groups = leak_groups(graded[0]["knn"]["query_id"], {"q00", "q01", "q02"})
    return pd.concat(
        [
            effects(*plain, [GLDV2_RETRIEVAL.on("world")], INTERVALS),
            effects(*graded, [REVISITED_MEDIUM.on("rworld")], INTERVALS, groups),
        ],
        ignore_index=True,
    )


def decisions(name: str = "Old Inn") -> pd.DataFrame:
    rows = [
        (0, name, True, 0, 0, 0, True, "automatic", f"{name} verified"),
        (1, name, True, 2, 1, 0, True, "contradicting", f"{name} seen"),
        (2, name, False, 0, 0, 3, False, "undecided", f"{name} hm"),
    ]
    votes = ["same", "different", "unsure"]
    return pd.DataFrame(
        rows, columns=["landmark_id", "name", "proposed", *votes, "removed", "status", "reason"]
    )


def duplicates(word: str = "") -> pd.DataFrame:
    rows = [
        ("embedding", f"i00{word}", "train", "gldv2", 0, "q", "query", "rworld", None, 0.02),
        ("bytes", f"i01{word}", "train", "gldv2", 0, f"i09{word}", "train", "gldv2", 3, 0.0),
        ("bytes", f"i02{word}", "train", "gldv2", 1, f"i03{word}", "train", "gldv2", 1, 0.0),
    ]
    sides = ["image_id", "split", "source", "landmark_id"]
    others = ["other_id", "other_split", "other_source", "other_landmark_id"]
    table = pd.DataFrame(rows, columns=["kind", *sides, *others, "distance"])
    return table.astype({"landmark_id": "Int64", "other_landmark_id": "Int64"})


def page_of(before: AuditSide, after: AuditSide, **others: object) -> AuditPage:
    return AuditPage(compare_manifests(before.manifest, after.manifest), before, after, SETTINGS, **others)


def chance(word: str = "v2_clean") -> Chance:
    wanted = FalseVerificationSettings(rate=0.01, pairs=9, confidence=0.95, seed=0, drawn=0)
    different = np.random.default_rng(0).geometric(0.8, 2_000)
    table = false_verifications(different, np.arange(90), 5.0, "auto", wanted)
    return Chance(word, table, (Drawing(PIXEL, f"33 of 40 matches: {word}"),))


@pytest.fixture(scope="module")
def whole() -> AuditPage:
    return page_of(
        AuditSide("v2", manifest(False), "2026-01-01T00.00.00.000Z", record("v2")),
        AuditSide("v2_clean", manifest(True), record=record("v2_clean", git_dirty=False)),
        names={0: "Old Inn", 3: "Rotunda"},
        effects=both_effects(),
        baseline="knn",
        decisions=decisions(),
        matches={1: [MatchPicture(PIXEL, "41 inliers")]},
        near_duplicates=duplicates(),
        chance=(chance(),),
        scores={"cleaning": pd.DataFrame({"measure": ["recall"], "value": [0.75]})},
    )


def test_is_whole_and_needs_no_network(whole, read_page):
    page = audit_page(whole)
    reader = read_page(page)
    assert page.startswith("<!doctype html>")
    assert len(set(reader.ids)) == len(reader.ids)
    assert {target[1:] for target in reader.targets} <= set(reader.ids)
    assert reader.sources == [PIXEL] * 2
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert not re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org|purl\.org|creativecommons)", page)


def test_says_what_differs(whole):
    page = audit_page(whole)
    row = whole.effects.iloc[0]
    for text in (
        "v2@2026-01-01T00.00.00.000Z",
        "v2_clean keeps 30 photographs of 4 landmarks",
        whole.audit.fingerprints[1],
        "gldv2 first (44)",
        "c0ffee with changes not committed",
        "verified by N of N needed images",
        "verified by 1 of 2 needed images (14)",
        "3 Rotunda",
        "removed: 5 → 0 photographs",
        "41 inliers",
        "How sure is a verified pair (v2_clean)?",
        "33 of 40 matches: v2_clean",
        f"{whole.chance[0].used} (chosen)",
        f"{100 * row['before']:.2f} → {100 * row['after']:.2f}, n = 12",
        "overlapping − other",
        "places, less is better",
        "recall",
        "1 more rows are in the table itself",
        "no picture",
    ):
        assert text in page, text


def test_decisions_that_need_a_look_come_first(whole):
    page = audit_page(whole)
    section = page[page.index('<section id="decisions">') :]
    places = [section.index(status) for status in ("contradicting<", "undecided<", "automatic<")]
    assert places == sorted(places)


def test_near_duplicates_are_counted_by_split(whole):
    page = audit_page(whole)
    section = page[page.index('<section id="duplicates">') :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", section[: section.index("</table>")])
    assert " ".join(cells) == "bytes train train 2 1 1 0 embedding train query 1 0 0 0.02"
    assert section.count('class="pair"') == 1


def test_everything_but_the_manifests_is_optional(read_page):
    bare = page_of(AuditSide("v2", manifest(False)), AuditSide("v2_clean", manifest(True)))
    page = audit_page(bare)
    assert {target[1:] for target in read_page(page).targets} <= set(read_page(page).ids)
    for section in ("decisions", "effects", "duplicates", "scores", "chance"):
        assert f'id="{section}"' not in page
    assert page.count("not recorded") == 12
    assert "Parameters that differ" not in page


def test_nothing_differs(read_page):
    side = AuditSide("v2", manifest(False))
    page = audit_page(page_of(side, replace(side, build="2026-01-01T00.00.00.000Z")))
    read_page(page)
    assert "Nothing differs" in page
    assert 'id="landmarks"' not in page
    assert "<h3>Reasons</h3>" not in page


def test_everything_is_escaped(whole, read_page):
    effects_of_evil = whole.effects.assign(
        benchmark=EVIL + whole.effects["benchmark"],
        split=EVIL,
        ablation=EVIL + whole.effects["ablation"],
        group=whole.effects["group"].replace("overlapping − other", EVIL),
        protocol=EVIL,
    )
    evil_record = record(EVIL, command=EVIL, session=EVIL, git_commit=EVIL, upstream={EVIL: [{EVIL: EVIL}]})
    evil = page_of(
        AuditSide(EVIL, manifest(False, EVIL), EVIL, evil_record),
        AuditSide(EVIL + "b", manifest(True, EVIL), EVIL, record("v2")),
        names=dict.fromkeys(range(8), EVIL),
        effects=effects_of_evil,
        baseline=EVIL,
        decisions=decisions(EVIL),
        matches={1: [MatchPicture(f'{PIXEL}"><script>', EVIL)]},
        near_duplicates=duplicates(EVIL),
        chance=(chance(EVIL),),
        scores={EVIL: pd.DataFrame({EVIL: [EVIL]})},
    )
    page = audit_page(evil)
    assert "<script" not in page
    assert "script" not in read_page(page).tags
    assert "&lt;script&gt;" in page


def test_same_tables_same_bytes(whole):
    assert audit_page(whole) == audit_page(whole)


def test_pictures_from_elsewhere_are_refused():
    with pytest.raises(DataError, match="expected an address data:image/…, found 'https://example"):
        MatchPicture("https://example.org/a.jpg", "")


def test_parameters_of_a_side():
    sides = [
        AuditSide("v2", manifest(False), record=record("v2")),
        AuditSide("v2_clean", manifest(True), record=record("v2_clean", upstream={})),
    ]
    assert parameter_lines(*sides) == {
        "elsewhere.cleaning.min_inliers": "99",
        "training.lr": "0.01 and 0.02",
        "variant.cleaning.method": "frequency",
        "variant.cleaning.min_inliers": "10",
        "variant.start": "v1",
    }
    both = record("v2")["upstream"] | record("v2_clean")["upstream"]
    together = [replace(side, record=record("", upstream=both)) for side in sides]
    first, second = parameter_lines(*together), parameter_lines(*together[::-1])
    assert differing(first, second) == []
    assert differing({"a": "1", "b": "2"}, {"b": "3", "c": "4"}) == [
        ("a", "1", "–"),
        ("b", "2", "3"),
        ("c", "–", "4"),
    ]


def test_provenance_of_both_sides(whole):
    lines = {line[0]: line[1:] for line in provenance_lines(whole.audit, whole.before, whole.after)}
    assert lines["variant"] == ("v2", "v2_clean")
    assert lines["build"] == ("2026-01-01T00.00.00.000Z", "newest")
    assert lines["code"] == ("c0ffee with changes not committed", "c0ffee")
    assert lines["command"] == ("kedro run", "kedro run")
    assert lines["started"] == ("not recorded", "not recorded")
