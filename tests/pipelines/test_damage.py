from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog

from landmark_retrieval.errors import DataError

pytestmark = pytest.mark.slow

VICTIMS = {
    ("gldv1", "train"): 5,
    ("gldv2", "train"): 9,
    ("gldv2", "index"): 5,
    ("gldv2", "query"): 4,
    ("rworld", "index"): 3,
    ("rworld", "query"): 1,
}
"""How many photographs of each table come to harm: 20 are cut short, 5 taken away, 2 replaced."""


def harm(path: Path, number: int) -> str:
    """Damage a photograph; the reason that is expected for it."""
    content = path.read_bytes()
    if number < 20:
        path.write_bytes(content[: (len(content) // 2, len(content) - 2, 100)[number % 3]])
        return "truncated"
    if number < 25:
        path.unlink()
        return "missing"
    path.write_bytes((b"", b"<html>404 Not Found</html>")[number - 25])
    return ("empty", "not a picture")[number - 25]


@dataclass(frozen=True)
class Harmed:
    catalog: DataCatalog
    reasons: dict[tuple[str, str], dict[str, str]]
    """By source and split: reason by `image_id`."""


@pytest.fixture(scope="module")
def harmed(whole, tmp_path_factory) -> Harmed:
    """The laboratory read again, and `v1` trained and judged again, after photographs were damaged."""
    laboratory = whole.laboratory.copy(tmp_path_factory.mktemp("harmed") / "data")
    reasons: dict[tuple[str, str], dict[str, str]] = {key: {} for key in VICTIMS}
    victims = [
        (source, split, image)
        for (source, split), count in VICTIMS.items()
        for image in whole.load(f"{source}.{split}_images").iloc[1::2][:count].itertuples()
    ]
    for number, (source, split, image) in enumerate(victims):
        path = laboratory.data / "01_raw" / source / image.path
        reasons[source, split][image.image_id] = harm(path, number)
    laboratory.run(
        from_nodes=["gldv1.read", "gldv2.read", "rworld.read"],
        to_outputs=["v1.gldv2.gallery_page", "v1.knn.rworld.metrics"],
    )
    return Harmed(laboratory.open()[1], reasons)


@pytest.mark.parametrize("source", ["gldv1", "gldv2", "rworld"])
def test_damaged_pictures_are_listed_with_their_reasons(harmed, source):
    table = harmed.catalog.load(f"{source}.damaged_images")
    expected = {
        (split, image_id, reason)
        for (of, split), reasons in harmed.reasons.items()
        if of == source
        for image_id, reason in reasons.items()
    }

    assert set(table[["split", "image_id", "reason"]].itertuples(index=False, name=None)) == expected
    assert len(table) == len(expected)


@pytest.mark.parametrize(("source", "split"), VICTIMS)
def test_tables_lack_what_is_damaged_and_nothing_else(whole, harmed, source, split):
    name = f"{source}.{split}_images"
    before, after = whole.load(name), harmed.catalog.load(name)
    readable = before[~before["image_id"].isin(harmed.reasons[source, split])]

    pd.testing.assert_frame_equal(after, readable.reset_index(drop=True))


def test_the_ground_truth_stays_whole(whole, harmed):
    for name in ("retrieval_solution", "recognition_solution"):
        before, after = whole.load(f"gldv2.{name}"), harmed.catalog.load(f"gldv2.{name}")
        assert after["image_id"].tolist() == before["image_id"].tolist()


def test_a_damaged_query_counts_as_not_answered(whole, harmed):
    lost = harmed.reasons["gldv2", "query"]
    before = whole.load("v1.knn.gldv2.per_query").set_index("image_id")
    after = harmed.catalog.load("v1.knn.gldv2.per_query").set_index("image_id")
    counted = after[after["usage"] != "Ignored"]
    figures = counted[counted.index.isin(lost)]

    assert len(figures) > 0
    assert after.index.tolist() == before.index.tolist()
    assert figures["ap"].tolist() == [0.0] * len(figures)
    assert figures["first_correct"].tolist() == [101.0] * len(figures)
    assert counted["ap"].notna().all()


def test_a_damaged_index_image_stays_relevant(whole, harmed):
    before = whole.load("v1.knn.gldv2.per_query").set_index("image_id")["n_relevant"]
    after = harmed.catalog.load("v1.knn.gldv2.per_query").set_index("image_id")["n_relevant"]
    relevant = set(whole.load("gldv2.retrieval_solution")["relevant"].explode())

    assert relevant & set(harmed.reasons["gldv2", "index"])
    assert after.to_dict() == before.to_dict()


def test_a_damaged_query_of_a_revisited_benchmark_scores_nothing(harmed):
    table = harmed.catalog.load("v1.knn.rworld.per_query")
    (lost,) = harmed.reasons["rworld", "query"]
    figures = table[(table["query_id"] == lost) & (table["n_positive"] > 0)]

    assert len(figures) > 0
    assert figures[["ap", "p1", "p5", "p10"]].to_numpy().tolist() == [[0.0] * 4] * len(figures)


def test_figures_of_damaged_benchmarks_count_every_query(whole, harmed):
    for name in ("v1.knn.gldv2.metrics", "v1.knn.rworld.metrics"):
        before, after = whole.load(name), harmed.catalog.load(name)
        assert after["n"].tolist() == before["n"].tolist()


def add_the_first_row_again(text: str) -> str:
    return text + text.splitlines()[1] + "\n"


def rename_the_id(text: str) -> str:
    return text.replace("id", "image", 1)


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        ("train.csv", add_the_first_row_again, r"train\.csv, line 65: id '\w+' is already in line 2"),
        ("index.csv", rename_the_id, r"index\.csv, line 1: expected one column 'id', found 'image'"),
    ],
)
def test_a_broken_list_ends_the_run_with_its_file_and_row(
    whole, tmp_path: Path, file: str, change: Callable[[str], str], expected: str
):
    laboratory = whole.laboratory.copy(tmp_path / "broken")
    path = laboratory.data / "01_raw" / "gldv2" / file
    path.write_text(change(path.read_text()))

    with pytest.raises(DataError, match=expected):
        laboratory.run(node_names=["gldv2.read"])

    newest = max((laboratory.data / "lineage").iterdir())
    record = laboratory.lineage(newest.stem)
    assert record["status"] == "failed"
    assert record["error"]["nodes"] == ["gldv2.read"]
    assert not list(laboratory.data.glob(f"02_intermediate/**/{newest.stem}"))
