import numpy as np
import pytest

from landmark_retrieval.cleaning.verified_counts import count_verified, landmark_codes, landmark_sizes
from landmark_retrieval.errors import DataError


def test_several_bounds_are_counted_as_one_after_the_other(make_manifest, make_evidence):
    rng = np.random.default_rng(0)
    manifest = make_manifest({f"i{i}": int(rng.integers(3)) for i in rng.permutation(30)})
    asks = [(i, j) for i in range(30) for j in range(30) if i != j and rng.random() < 0.5]
    inliers = rng.integers(0, 9, (30, 30))
    evidence = make_evidence([(f"i{i}", f"i{j}", int(inliers[min(i, j), max(i, j)])) for i, j in asks])
    found = count_verified(evidence, manifest, [1, 4, 7])
    landmark = dict(zip(manifest["image_id"], manifest["landmark_id"], strict=True))
    for row, image in enumerate(manifest["image_id"]):
        others = [j for i, j in asks if f"i{i}" == image and landmark[f"i{j}"] == landmark[image]]
        own = [inliers[min(int(image[1:]), j), max(int(image[1:]), j)] for j in others]
        expected = [sum(n >= bound for n in own) for bound in (1, 4, 7)]
        assert found[row].tolist() == expected
    assert found.max() > 2


def test_bounds_must_ascend(make_manifest, make_evidence):
    for bounds in ([4, 1], [4, 4]):
        with pytest.raises(DataError, match="expected ascending"):
            count_verified(make_evidence([("a", "b", 3)]), make_manifest({"a": 1, "b": 1}), bounds)


def test_codes_and_sizes_are_of_kept_images(make_manifest):
    manifest = make_manifest({"a": -5, "b": 7, "c": -5, "d": 7, "e": 7})
    manifest.loc[1, "kept"] = False
    codes = landmark_codes(manifest)
    assert codes[0] == codes[2]
    assert codes[3] == codes[4] != codes[0]
    assert codes[1] == -1
    assert landmark_sizes(codes, np.array([True, False, True, True, False])).tolist() == [2, 0, 2, 1, 1]
