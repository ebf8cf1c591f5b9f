import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.quantisation import pixels, quantise, unit_rows


def features(keypoints=((0, 0),), descriptors=((1.0,),), scores=(1.0,), encoding="float16"):
    arrays = (np.asarray(values, np.float32) for values in (keypoints, descriptors, scores))
    return LocalFeatures(*arrays, encoding)


def test_keypoints_are_within_half_a_step():
    points = np.random.default_rng(0).uniform(0, 4095.9, (500, 2)).astype(np.float32)
    kept = quantise("a", features(points, np.ones((500, 1)), np.ones(500))).keypoints
    assert kept.dtype == np.uint16
    assert np.abs(pixels(kept) - points).max() <= 1 / 32
    np.testing.assert_array_equal(
        kept[:20].tolist(), [[round(16 * x) for x in p] for p in points[:20].tolist()]
    )


@pytest.mark.parametrize("point", [(-0.1, 3), (3, 4096)])
def test_a_keypoint_that_cannot_be_kept_names_its_image(point):
    with pytest.raises(DataError, match=r"of photo7: keypoint \[.*\] is outside of 0\.\.4095\.9375 pixels"):
        quantise("photo7", features([(0, 0), point], np.ones((2, 1)), np.ones(2)))


def test_uint8_is_512_steps_a_unit_and_ends_at_255():
    values = [0, 1 / 512, 0.6 / 512, 0.4 / 512, 100.5 / 512, 101.5 / 512, 255 / 512, 0.499, 0.7, 1]
    kept = quantise("a", features(descriptors=[values], encoding="uint8")).descriptors
    assert kept.dtype == np.uint8
    assert kept.tolist() == [[0, 1, 1, 0, 100, 102, 255, 255, 255, 255]]


def test_a_negative_value_cannot_be_uint8():
    with pytest.raises(DataError, match="of a: a negative value"):
        quantise("a", features(descriptors=[[0.5, -0.5]], encoding="uint8"))


def histograms(n):
    """Like RootSIFT: roots of shares, none above 0.4."""
    rng = np.random.default_rng(0)
    shares = rng.gamma(0.7, size=(n, 128))
    return np.sqrt(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("encoding", "bound"), [("uint8", 6e-3), ("float16", 2e-4)])
def test_cosines_change_little(encoding, bound):
    rows = histograms(400)
    assert rows.max() < 0.498
    each = features(np.zeros((400, 2)), rows, np.ones(400), encoding)
    again = unit_rows(quantise("a", each).descriptors)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, rtol=1e-6)
    assert np.abs(again @ again.T - rows @ rows.T).max() < bound


def test_a_row_of_zeros_stays():
    assert unit_rows(np.zeros((2, 3), np.uint8)).tolist() == [[0, 0, 0]] * 2


def test_scores_beyond_float16_are_its_largest():
    kept = quantise("a", features(np.zeros((3, 2)), np.ones((3, 1)), [1e6, 454.6, -1e6])).scores
    assert kept.tolist() == [65504, pytest.approx(454.6, rel=1e-3), -65504]


@pytest.mark.parametrize("name", ["keypoints", "descriptors", "scores"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(name, value):
    each = features()
    getattr(each, name).flat[0] = value
    with pytest.raises(DataError, match="of photo1: a value is not finite"):
        quantise("photo1", each)
