import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.comparison import compare_manifests
from landmark_retrieval.manifests.label_noise import LabelNoiseSettings, plant_label_noise, planted_faults

SIZES = [400, 250, 150, 100, 60, 40]


@pytest.fixture
def manifest(make_manifest):
    """A thousand images of six landmarks of very different sizes, and five that were removed before."""
    table = make_manifest({f"{c}_{i:03}": c for c, size in enumerate(SIZES) for i in range(size)})
    table.loc[[0, 1, 500, 900, 980], ["kept", "reason"]] = [False, "damaged"]
    return table


def planted(manifest, share, seed=0):
    return plant_label_noise(manifest, LabelNoiseSettings(share=share, seed=seed))


def test_a_share_of_the_kept_images_bears_another_label(manifest):
    noisy = planted(manifest, 0.3)

    changed = noisy["landmark_id"] != manifest["landmark_id"]
    assert changed.sum() == round(0.3 * 995)
    assert manifest.loc[changed, "kept"].all()
    assert set(noisy["landmark_id"]) == set(range(6))
    told = noisy.loc[changed, "reason"].str.extract(r"^planted label: shows landmark (\d+)$")[0]
    assert told.astype("int64").tolist() == manifest.loc[changed, "landmark_id"].tolist()
    untouched = ["image_id", "path", "kept", "source", "source_version"]
    pd.testing.assert_frame_equal(noisy[untouched], manifest[untouched])
    pd.testing.assert_frame_equal(noisy[~changed], manifest[~changed])


def test_every_label_is_wrong_equally_often(manifest):
    """Small and large landmarks keep about their sizes, and of both about the planted share is wrong."""
    wrong, size = np.zeros(6), np.zeros(6)
    for seed in range(40):
        noisy = planted(manifest, 0.3, seed)
        changed = noisy["landmark_id"] != manifest["landmark_id"]
        wrong += np.bincount(noisy.loc[changed, "landmark_id"], minlength=6) / 40
        size += np.bincount(noisy["landmark_id"], minlength=6) / 40
    expected = _expected_arrivals(np.array(SIZES), 0.3)

    np.testing.assert_allclose(wrong, expected, rtol=0.1)
    np.testing.assert_allclose(size, 0.7 * np.array(SIZES) + expected, rtol=0.05)
    assert (wrong / size).max() < 0.38
    assert (wrong / size).min() > 0.22


def _expected_arrivals(sizes, share):
    """Sum over the other landmarks of their images times share times N_j / (N - N_i)."""
    total = sizes.sum()
    return [
        sum(n * share * of / (total - n) for i, n in enumerate(sizes) if i != j) for j, of in enumerate(sizes)
    ]


def test_a_larger_share_replaces_the_same_labels_and_more(manifest):
    less, more = planted(manifest, 0.1), planted(manifest, 0.5)
    replaced = (less["landmark_id"] != manifest["landmark_id"]).to_numpy()

    pd.testing.assert_frame_equal(more[replaced], less[replaced])
    assert not planted(manifest, 0.1, seed=1).equals(less)


def test_order_of_the_rows_and_removed_images_change_nothing(manifest):
    order = np.random.default_rng(1).permutation(len(manifest))
    expected = planted(manifest, 0.3)

    shuffled = planted(manifest.iloc[order], 0.3)
    fewer = planted(manifest[manifest["kept"]], 0.3)
    pd.testing.assert_frame_equal(shuffled, expected.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(fewer, expected[expected["kept"]].reset_index(drop=True))


def test_no_share_leaves_the_manifest(manifest):
    pd.testing.assert_frame_equal(planted(manifest, 0.0), manifest)


def test_the_difference_to_the_parent_is_the_truth(manifest):
    noisy = planted(manifest, 0.2)
    changed = noisy.loc[noisy["landmark_id"] != manifest["landmark_id"], "image_id"]

    faults = planted_faults(manifest, noisy)
    assert faults["image_id"].tolist() == sorted(changed)
    assert set(faults["fault"]) == {"planted label"}
    compared = compare_manifests(manifest, noisy)
    assert [compared.count(change) for change in ("relabelled", "added", "removed")] == [len(changed), 0, 0]
    assert compared.reasons[["kind", "images"]].to_numpy().tolist() == [["planted label", len(changed)]]


def test_images_removed_after_planting_stay_part_of_the_truth(manifest):
    noisy = planted(manifest, 0.2)
    faults = planted_faults(manifest, noisy)
    cleaned = noisy.assign(kept=False)

    assert set(faults["image_id"]) <= set(cleaned["image_id"])
    assert len(planted_faults(manifest, manifest)) == 0


def test_noise_needs_two_landmarks(make_manifest):
    with pytest.raises(DataError, match="expected two landmarks or more, found 7 alone"):
        planted(make_manifest({"a": 7, "b": 7}), 0.5)
    assert planted(make_manifest({}), 0.5).empty
