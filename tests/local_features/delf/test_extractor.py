import cv2
import numpy as np
import pytest
import torch

from landmark_retrieval.local_features.delf.extractor import Delf
from landmark_retrieval.local_features.delf.keypoints import find_keypoints, pyramid
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfModelSettings, DelfSettings
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.fingerprint import model_fingerprint

pytestmark = [pytest.mark.costly, pytest.mark.usefixtures("one_thread")]

CPU = torch.device("cpu")
SETTINGS = DelfSettings(
    kind="delf", max_keypoints=60, max_side=640, scales=(1.0,), min_score=0.0, amp=False, threads=1
)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    settings = DelfModelSettings(backbone="resnet18", hidden=16, dim=12)
    return DelfModel(settings, Backbone("resnet18")).eval()


def textured(height, width, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def settings(**changes):
    return SETTINGS.model_copy(update=changes)


def test_shapes_types_and_order(model):
    found = Delf(model, settings(scales=(0.5, 1.0)), CPU)(textured(160, 240))
    assert found.keypoints.shape == (60, 2)
    assert found.descriptors.shape == (60, 12)
    assert {found.keypoints.dtype, found.descriptors.dtype, found.scores.dtype} == {np.dtype(np.float32)}
    assert (np.diff(found.scores) <= 0).all()
    assert (found.keypoints >= 0).all()
    assert (found.keypoints <= [239, 159]).all()
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, rtol=1e-5)


def test_features_are_the_best_of_a_loop_over_positions(model):
    image = textured(160, 208)
    expected = []
    for index, scale in enumerate((0.5, 1.0)):
        resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        pixels = (resized / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        with torch.no_grad():
            maps = model.trunk(torch.from_numpy(pixels).permute(2, 0, 1)[None].float())
            scores = model.attention(maps)[0]
            for y, x in np.ndindex(*scores.shape):
                vector = maps[0, :, y, x] / maps[0, :, y, x].norm()
                reduced = model.reduction.components @ (vector - model.reduction.mean)
                place = [(16 * side + 0.5) / scale - 0.5 for side in (x, y)]
                expected.append(
                    (-float(scores[y, x]), index, y, x, place, (reduced / reduced.norm()).numpy())
                )
    expected = sorted(expected, key=lambda row: row[:4])[:30]
    found = Delf(model, settings(scales=(0.5, 1.0), max_keypoints=30), CPU)(image)
    np.testing.assert_allclose(found.scores, [-row[0] for row in expected], rtol=1e-4)
    np.testing.assert_allclose(found.keypoints, [row[4] for row in expected], atol=1e-4)
    np.testing.assert_allclose(found.descriptors, [row[5] for row in expected], atol=1e-4)


def test_a_shift_of_a_stride_shifts_what_the_edges_do_not_reach(model):
    large = textured(288, 384)
    edge = model.field.size // 2
    seen = [
        next(pyramid(model, np.ascontiguousarray(large[:256, left : left + 352]), SETTINGS, CPU))
        for left in (0, 16)
    ]
    first, shifted = seen
    inside = ((first.points > edge + 16) & (first.points < np.array([352, 256]) - edge)).all(axis=1)
    assert inside.sum() > 5
    place = {tuple(point): row for row, point in enumerate(shifted.points.tolist())}
    rows = [place[x - 16, y] for x, y in first.points[inside].tolist()]
    np.testing.assert_allclose(shifted.scores[rows], first.scores[inside], rtol=1e-5)
    np.testing.assert_allclose(shifted.vectors[rows], first.vectors[inside], atol=1e-5)
    assert np.abs(shifted.scores - first.scores).max() > 1e-4


def test_a_picture_twice_as_large_has_the_same_features_at_half_the_scale(model):
    image = textured(128, 160)
    large = image.repeat(2, axis=0).repeat(2, axis=1)
    once = Delf(model, settings(scales=(1.0,)), CPU)(image)
    twice = Delf(model, settings(scales=(0.5,)), CPU)(large)
    np.testing.assert_array_equal(twice.descriptors, once.descriptors)
    np.testing.assert_allclose(twice.keypoints, (once.keypoints + 0.5) * 2 - 0.5)
    shrunk = Delf(model, settings(max_side=160), CPU)(large)
    np.testing.assert_array_equal(shrunk.keypoints, once.keypoints)


def test_ties_go_to_the_earlier_scale_then_up_then_left(model):
    flat = DelfModel(model.settings, Backbone("resnet18")).eval()
    torch.nn.init.zeros_(flat.attention.score.weight)
    found = find_keypoints(flat, textured(96, 128), settings(scales=(2.0, 1.0), max_keypoints=1000), CPU)
    assert len(np.unique(found.scores)) == 1
    rows, columns = np.indices((12, 16))
    first = np.stack([columns.ravel(), rows.ravel()], axis=1) * 8 - 0.25
    np.testing.assert_allclose(found.points[:192], np.maximum(first, 0), atol=1e-5)
    rows, columns = np.indices((6, 8))
    np.testing.assert_allclose(found.points[192:], np.stack([columns.ravel(), rows.ravel()], axis=1) * 16)


def test_bounds_cut_the_list_and_change_nothing_else(model):
    image = textured(160, 160)
    every = Delf(model, settings(max_keypoints=1000), CPU)(image)
    assert len(every) == 100
    few = Delf(model, settings(max_keypoints=7), CPU)(image)
    np.testing.assert_array_equal(few.keypoints, every.keypoints[:7])
    bound = float(every.scores[40])
    high = Delf(model, settings(min_score=bound), CPU)(image)
    np.testing.assert_array_equal(high.descriptors, every.descriptors[: (every.scores >= bound).sum()])
    assert 0 < len(high) < 60


@pytest.mark.parametrize("shape", [(1, 1), (9, 200), (200, 9), (12, 12)])
def test_a_small_picture_has_no_features_of_full_width(model, shape):
    found = Delf(model, SETTINGS, CPU)(np.zeros((*shape, 3), np.uint8))
    assert found.keypoints.shape == (0, 2)
    assert found.descriptors.shape == (0, 12)


def test_any_number_of_threads_finds_the_same(model):
    image = textured(160, 240)
    one = Delf(model, SETTINGS, CPU)(image)
    torch.set_num_threads(2)
    two = Delf(model, SETTINGS, CPU)(image)
    torch.set_num_threads(1)
    np.testing.assert_array_equal(one.keypoints, two.keypoints)
    np.testing.assert_array_equal(one.descriptors, two.descriptors)


def test_the_fingerprint_knows_settings_and_weights(model):
    torch.manual_seed(1)
    other = DelfModel(model.settings, Backbone("resnet18")).eval()
    fingerprints = {
        Delf(model, SETTINGS, CPU).fingerprint,
        Delf(other, SETTINGS, CPU).fingerprint,
        Delf(model, settings(min_score=0.1), CPU).fingerprint,
    }
    assert len(fingerprints) == 3
    assert Delf(model, SETTINGS, CPU).fingerprint in fingerprints
    assert model_fingerprint(model) != model_fingerprint(other)


def test_the_frozen_trunk_stays_in_evaluation_mode(model):
    assert model.train().attention.training
    assert not any(module.training for module in model.trunk.modules())
    assert not any(parameter.requires_grad for parameter in model.trunk.parameters())
    assert not model.eval().attention.training


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_the_cpu_and_with_itself(model):
    image = textured(160, 240)
    wide = settings(scales=(0.5, 1.0, 2.0), max_keypoints=1000)
    here = Delf(model, wide, CPU)(image)
    there, again = (Delf(model, wide, torch.device("cuda"))(image) for _ in range(2))
    np.testing.assert_array_equal(there.descriptors, again.descriptors)
    np.testing.assert_allclose(there.scores, here.scores, rtol=1e-4)
    nearest = (there.descriptors @ here.descriptors.T).argmax(axis=1)
    assert np.abs(there.keypoints - here.keypoints[nearest]).max() < 1e-3
