import cv2
import numpy as np
import pytest

from landmark_retrieval.local_features.root_sift import (
    RootSift,
    RootSiftSettings,
    root_normalise,
)
from landmark_retrieval.local_features.storage.quantisation import quantise

SETTINGS = RootSiftSettings(max_keypoints=150, max_side=400, contrast_threshold=0.04)


def textured(height=240, width=320, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def test_root_normalise_is_the_square_root_of_shares():
    histograms = np.random.default_rng(0).integers(0, 256, (7, 128)).astype(np.float32)
    rooted = root_normalise(histograms)
    for row, histogram in zip(rooted, histograms, strict=True):
        np.testing.assert_allclose(row, [np.sqrt(v / histogram.sum()) for v in histogram], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rooted, axis=1), 1, rtol=1e-6)


def test_root_normalise_keeps_an_empty_histogram_zero():
    assert not root_normalise(np.zeros((1, 128), np.float32)).any()


def test_shapes_types_and_order():
    found = RootSift(SETTINGS)(textured())
    assert len(found) == 150
    assert found.keypoints.shape == (150, 2)
    assert found.descriptors.shape == (150, 128)
    assert {found.keypoints.dtype, found.descriptors.dtype, found.scores.dtype} == {np.dtype(np.float32)}
    assert (np.diff(found.scores) <= 0).all()
    assert (found.keypoints >= 0).all()
    assert (found.keypoints < [320, 240]).all()
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, rtol=1e-5)


def test_ties_go_up_then_left():
    tile = textured(64, 64)
    found = RootSift(SETTINGS)(np.tile(tile, (4, 4, 1)))
    tied = np.flatnonzero(np.diff(found.scores) == 0)
    assert len(tied) > 10
    x, y = found.keypoints.T
    assert ((y[tied] < y[tied + 1]) | ((y[tied] == y[tied + 1]) & (x[tied] <= x[tied + 1]))).all()


def test_fewer_keypoints_are_the_strongest_of_more():
    image = textured()
    few = RootSift(SETTINGS.model_copy(update={"max_keypoints": 40}))(image)
    many = RootSift(SETTINGS)(image)
    np.testing.assert_array_equal(few.keypoints, many.keypoints[:40])
    np.testing.assert_array_equal(few.descriptors, many.descriptors[:40])


def test_same_bytes_with_any_number_of_opencv_threads():
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = RootSift(SETTINGS)(textured())
        cv2.setNumThreads(4)
        four = RootSift(SETTINGS)(textured())
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(one.keypoints, four.keypoints)
    np.testing.assert_array_equal(one.descriptors, four.descriptors)


@pytest.mark.parametrize("shape", [(1, 1, 3), (9, 200, 3), (200, 9, 3), (1, 3000, 3)])
def test_a_small_picture_has_no_features(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert len(RootSift(SETTINGS)(noise)) == 0


def test_a_flat_picture_has_no_features_of_full_width():
    found = RootSift(SETTINGS)(np.full((100, 100, 3), 128, np.uint8))
    assert found.descriptors.shape == (0, 128)
    assert found.keypoints.shape == (0, 2)


def test_a_large_picture_is_scaled_down_first():
    large = cv2.resize(textured(), (960, 720), interpolation=cv2.INTER_CUBIC)
    found = RootSift(SETTINGS.model_copy(update={"max_side": 320}))(large)
    assert (found.keypoints < [320, 240]).all()
    small = RootSift(SETTINGS)(textured())
    nearest = np.linalg.norm(found.keypoints[:50, None] - small.keypoints[None], axis=2).min(axis=1)
    assert np.median(nearest) < 1


def test_the_fingerprint_is_that_of_the_settings():
    few = SETTINGS.model_copy(update={"max_keypoints": 40})
    assert RootSift(few).fingerprint == RootSift(few.model_copy()).fingerprint
    others = [{"max_side": 399}, {"contrast_threshold": 0.05}, {"max_keypoints": 149}]
    changed = [RootSift(SETTINGS.model_copy(update=change)).fingerprint for change in others]
    assert len({RootSift(SETTINGS).fingerprint, *changed}) == 4


def test_values_are_far_from_the_end_of_uint8():
    found = RootSift(SETTINGS)(textured())
    assert found.encoding == "uint8"
    kept = quantise("a", found).descriptors
    assert 64 < kept.max() < 255
    np.testing.assert_allclose(kept / 512, found.descriptors, atol=1 / 1024 + 1e-7)
