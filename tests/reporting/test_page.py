import re
from dataclasses import replace

import pandas as pd
import pytest

from landmark_retrieval.metrics.query_groups import WITH_COPY, WITHOUT_COPY
from landmark_retrieval.reporting.data_summary import images_per_landmark, reason_table, variant_table
from landmark_retrieval.reporting.gallery import Gallery, Panel, Row
from landmark_retrieval.reporting.page import Summary, summary_page
from landmark_retrieval.reporting.tiles import Tile

EVIL = '<script>alert("x")</script>'
PIXEL = "data:image/jpeg;base64,AAAA"


def gallery(name: str = "q0") -> Gallery:
    tiles = (
        Tile("a", "correct", PIXEL, ("1",)),
        Tile(name, "ignored", PIXEL, ("2 ← 9",)),
        Tile("c", "wrong", "", ("3 new",)),
    )
    rows = (
        Row("knn", 0.5, 0.0, tiles),
        Row(name, 0.25, -0.25, tiles),
        Row("none", float("nan"), float("nan"), ()),
    )
    return Gallery(f"v2: {name}", name, (Panel(Tile(name, "query", PIXEL, ("query",)), name, rows),))


@pytest.fixture
def summary(comparison, manifests) -> Summary:
    recognition = comparison[comparison["ablation"] == "knn"].drop(
        columns=["ablation", "baseline", "delta", "delta_low", "delta_high"]
    )
    return Summary(
        title="A small world",
        comparison=comparison,
        recognition=recognition,
        variants=variant_table(manifests, {"v2": "a" * 64, "v2_clean": "b" * 64}),
        reasons=reason_table(manifests),
        sizes=images_per_landmark(manifests),
        parameters={"evaluation": {"resamples": 100, "seed": 0}, "note": "plain"},
        galleries=(gallery(), Gallery("v2_clean: nothing", "", ())),
    )


def test_is_whole_and_needs_no_network(summary, read_page):
    page = summary_page(summary)
    reader = read_page(page)
    assert len(set(reader.ids)) == len(reader.ids)
    assert {target[1:] for target in reader.targets} <= set(reader.ids)
    assert all(source.startswith("data:") for source in reader.sources)
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert not re.search(r'@import|url\((?!#|"data:image/)', page)


def test_shows_figures_protocols_fingerprints_and_reasons(summary):
    page = summary_page(summary)
    best = summary.comparison[summary.comparison["ablation"] == "sort_insert"].iloc[0]
    for text in (
        f"{100 * best['value']:.2f}",
        f"[{100 * best['low']:.1f}, {100 * best['high']:.1f}]",
        "GLD-v2 retrieval on world",
        "Revisited Hard on oxford",
        "aaaaaaaaaaaaaaaa",
        "too few verified neighbours",
        "68 of 78 images kept",
        "evaluation.resamples",
        "v2_clean: nothing: no query changed",
        "−25.00",
        "no picture",
    ):
        assert text in page


def test_groups_of_queries_are_folded_below_the_figures_of_their_benchmark(summary, read_page):
    leading = summary.comparison[summary.comparison["metric"] == "mAP@100"]
    parts = [leading.assign(group=name) for name in (WITHOUT_COPY, WITH_COPY)]
    page = summary_page(replace(summary, groups=pd.concat(parts, ignore_index=True)))
    reader = read_page(page)
    assert reader.open == []
    folded = re.findall(r"<details>\n<summary>Groups of queries.*?</details>", page, re.S)
    assert len(folded) == 1
    assert re.findall(r"<h3>(.*?)</h3>", folded[0]) == [WITHOUT_COPY, WITH_COPY]
    assert folded[0].count("<table>") == 2
    assert "26 of 52 Private queries have a near-duplicate" in folded[0]
    assert "Groups of queries" not in summary_page(summary)


def test_frames_and_glyphs_say_the_same(summary):
    tiles = re.findall(
        r'<figure class="tile (\w+)".*?<span class="glyph" aria-hidden="true">(.)</span>',
        summary_page(summary),
        re.S,
    )
    assert set(tiles) == {("query", "?"), ("correct", "✓"), ("wrong", "✗"), ("ignored", "–")}


def test_each_photograph_is_embedded_once_and_keeps_its_text(summary):
    page = summary_page(summary)
    assert page.count(PIXEL) == 1
    assert f'.photo0 {{ content: url("{PIXEL}"); }}' in page
    for alternative in ("query: q0", "correct: a", "ignored: q0"):
        assert f'<img src="data:," class="photo0" alt="{alternative}">' in page


def test_names_are_escaped(summary, read_page):
    evil_runs = EVIL + summary.comparison["ablation"]
    comparison = summary.comparison.assign(
        system=EVIL, ablation=evil_runs, benchmark=EVIL, baseline=EVIL, protocol=EVIL
    )
    evil = replace(
        summary,
        title=EVIL,
        comparison=comparison,
        recognition=summary.recognition.assign(system=EVIL),
        variants=summary.variants.assign(variant=EVIL, fingerprint=EVIL),
        reasons=summary.reasons.assign(variant=EVIL, reason=EVIL),
        sizes=summary.sizes.assign(variant=EVIL),
        parameters={EVIL: {EVIL: EVIL}},
        galleries=(gallery(EVIL), Gallery(EVIL, EVIL, ())),
    )
    page = summary_page(evil)
    assert "<script" not in page
    assert "script" not in read_page(page).tags
    assert "&lt;script&gt;" in page


def test_same_results_same_bytes(summary):
    assert summary_page(summary) == summary_page(summary)


def test_empty_sections_are_left_out(summary, read_page):
    empty = {
        name: getattr(summary, name)[:0]
        for name in ("comparison", "recognition", "variants", "reasons", "sizes")
    }
    page = summary_page(Summary(title="Nothing yet", **empty))
    assert read_page(page).ids == ["content"]
    assert "Nothing yet" in page


def test_one_variant_on_one_benchmark_with_one_ablation(summary):
    only = summary.comparison[
        (summary.comparison["benchmark"] == "oxford") & (summary.comparison["ablation"] == "knn")
    ]
    page = summary_page(replace(summary, comparison=only))
    assert "Δ to" not in page
    assert "Revisited Medium on oxford" in page


def test_reason_table_without_images(summary):
    none = pd.DataFrame({"variant": ["v"], "kept": [True], "reason": ["r"], "images": [0]})
    assert "0 of 0 images kept" in summary_page(replace(summary, reasons=none))
