from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.manifests.comparison import (
    NOT_LISTED,
    ManifestComparison,
    compare_manifests,
    reason_kind,
)


def manifest(rows: list[tuple[str, int, bool, str]], version: str = "first", evidence: str = ""):
    table = pd.DataFrame(rows, columns=["image_id", "landmark_id", "kept", "reason"])
    return table.assign(
        path=table["image_id"] + ".jpg",
        width=256,
        height=192,
        source="gldv2",
        evidence=evidence,
        source_version=version,
    )


def cleaned(seed: int, n: int = 120, left_out: float = 0.4) -> list[tuple[str, int, bool, str]]:
    """Photographs of some landmarks, verified by none up to four others."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in rng.permutation(n):
        landmark, kept, verified = int(rng.integers(12)), bool(rng.random() > left_out), int(rng.integers(5))
        reason = f"verified by {verified} images" if kept else f"verified by {verified} of 5 needed images"
        rows.append((f"i{i:03}", landmark, kept, reason))
    return rows


@pytest.fixture(scope="module")
def sides() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two that share most images; labels and decisions are drawn anew."""
    return manifest(cleaned(0)), manifest(cleaned(1)[:100], version="second")


@pytest.fixture(scope="module")
def found(sides) -> ManifestComparison:
    return compare_manifests(*sides)


def naive_changes(before, after) -> dict[str, tuple[str, str, str]]:
    old = {row.image_id: row for row in before.itertuples()}
    new = {row.image_id: row for row in after.itertuples()}
    changes = {}
    for image in {*old, *new}:
        was = old[image].landmark_id if image in old and old[image].kept else None
        stays = new[image].landmark_id if image in new and new[image].kept else None
        if was == stays:
            continue
        change = "added" if was is None else "removed" if stays is None else "relabelled"
        kind_before = reason_kind(old[image].reason) if image in old else NOT_LISTED
        kind = reason_kind(new[image].reason) if image in new else NOT_LISTED
        changes[image] = (change, kind_before, kind)
    return changes


def test_reasons_against_a_naive_loop(sides, found):
    expected = Counter(naive_changes(*sides).values())
    rows = found.reasons[["change", "kind_before", "kind", "images"]].itertuples(index=False)
    assert {tuple(row[:3]): row[3] for row in rows} == dict(expected)
    assert found.reasons["images"].is_monotonic_decreasing
    assert {change for change, _, _ in expected} == {"added", "removed", "relabelled"}
    for change in ("added", "removed", "relabelled"):
        assert found.count(change) == sum(n for key, n in expected.items() if key[0] == change)


def test_reasons_count_landmarks_and_quote_the_commonest():
    rows = [(f"i{i}", i // 4, True, "as published") for i in range(8)]
    out = [
        (image, landmark, False, f"verified by {0 if landmark else i % 3} of 3 needed images")
        for i, (image, landmark, _, _) in enumerate(rows)
    ]
    table = compare_manifests(manifest(rows), manifest(out)).reasons
    assert table.drop(columns="commonest").to_numpy().tolist() == [
        ["removed", "as published", "verified by N of N needed images", 8, 2]
    ]
    assert table["commonest"].tolist() == [
        "verified by 0 of 3 needed images (6); verified by 1 of 3 needed images (1); "
        "verified by 2 of 3 needed images (1)"
    ]


def test_totals_and_sources(sides, found):
    for side, row in zip(sides, found.totals.itertuples(), strict=True):
        kept = [r for r in side.itertuples() if r.kept]
        assert (row.listed, row.kept) == (len(side), len(kept))
        assert row.landmarks == len({r.landmark_id for r in kept})
    assert found.sources.to_numpy().tolist() == [["gldv2", "first", 120, 0], ["gldv2", "second", 0, 100]]


def test_sizes_against_a_naive_loop(sides, found):
    for name, side in zip(("before", "after"), sides, strict=True):
        counts = Counter(r.landmark_id for r in side.itertuples() if r.kept)
        for row in found.sizes.to_dict("records"):
            assert row[name] == sum(row["images_from"] <= n <= row["images_to"] for n in counts.values())
        assert found.sizes[name].sum() == len(counts)
        values = sorted(counts.values())
        assert found.quantiles[name].iloc[[0, -1]].tolist() == [values[0], values[-1]]
        assert found.quantiles[name].tolist() == sorted(found.quantiles[name])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9])
def test_largest_landmark_has_a_bin(size):
    rows = [(f"i{i}", 0, True, "") for i in range(size)]
    sizes = compare_manifests(manifest(rows), manifest(rows)).sizes
    last = sizes.iloc[-1]
    assert last["images_from"] <= size <= last["images_to"]
    assert last["before"] == last["after"] == 1


def test_landmarks_most_changed_first(sides, found):
    moved = defaultdict(int)
    old = dict(sides[0].loc[sides[0]["kept"], ["image_id", "landmark_id"]].itertuples(index=False))
    new = dict(sides[1].loc[sides[1]["kept"], ["image_id", "landmark_id"]].itertuples(index=False))
    for image in {*old, *new}:
        if old.get(image) != new.get(image):
            for landmark in (old.get(image), new.get(image)):
                if landmark is not None:
                    moved[landmark] += 1
    expected = sorted(moved.items(), key=lambda item: (-item[1], item[0]))
    assert list(found.landmarks[["landmark_id", "moved"]].itertuples(index=False, name=None)) == expected


def test_vanished_landmarks_largest_first():
    rows = [(f"i{i}", landmark, True, "as published") for i, landmark in enumerate([1, 2, 2, 3, 3, 4, 4, 4])]
    after = [(image, landmark, landmark in (1, 4), "r") for image, landmark, _, _ in rows]
    gone = compare_manifests(manifest(rows), manifest(after)).vanished
    assert gone[["landmark_id", "images_before"]].to_numpy().tolist() == [[2, 2], [3, 2]]


def test_order_of_rows_changes_nothing(sides, found):
    again = compare_manifests(*(side.sample(frac=1, random_state=seed) for seed, side in enumerate(sides)))
    assert again.fingerprints == found.fingerprints
    for name in ("totals", "changes", "reasons", "landmarks", "sizes", "quantiles", "sources", "restated"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))


def test_nothing_differs(sides):
    same = compare_manifests(sides[0], sides[0].sample(frac=1, random_state=0))
    assert same.is_same
    assert len(same.changes) == len(same.reasons) == len(same.landmarks) == len(same.vanished) == 0
    assert same.restated["images"].tolist() == [0, 0, 0, 0]
    assert not compare_manifests(*sides).is_same


def test_images_that_stay_for_another_reason():
    rows = [("a", 1, True, "x"), ("b", 1, True, "x"), ("c", 1, False, "y"), ("d", 1, True, "z")]
    after = [("a", 1, True, "x"), ("b", 1, True, "w"), ("c", 1, False, "w"), ("d", 1, False, "w")]
    found = compare_manifests(manifest(rows), manifest(after, version="second", evidence="v2_clean.evidence"))
    assert dict(found.restated.itertuples(index=False)) == {
        "reason": 2,
        "evidence": 3,
        "source": 0,
        "source_version": 3,
    }
    assert found.changes["image_id"].tolist() == ["d"]


def test_empty_manifests():
    empty = manifest([("a", 1, False, "r")])
    found = compare_manifests(empty, empty)
    assert found.totals["kept"].tolist() == [0, 0]
    assert found.quantiles[["before", "after"]].isna().all().all()
    assert found.sizes[["before", "after"]].to_numpy().sum() == 0


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("verified by 1 of 2 needed images", "verified by N of N needed images"),
        ("verified by 1 image", "verified by N images"),
        ("verified by 12 images", "verified by N images"),
        ("landmark left with fewer than 2 images", "landmark left with fewer than N images"),
        ("also in roxford5k: verified images: 3, by queries: 2", "also in roxford5k"),
        ("similarity 0.75 or more", "similarity N or more"),
        ("as published", "as published"),
        ("", NOT_LISTED),
    ],
)
def test_reason_kinds(reason, kind):
    assert reason_kind(reason) == kind
