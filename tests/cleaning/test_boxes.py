import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from landmark_retrieval.cleaning.box_kernels import geometric_median, project_box
from landmark_retrieval.cleaning.boxes import BoxSettings, estimate_boxes, picture_scales
from landmark_retrieval.errors import DataError
from landmark_retrieval.verification.evidence import Evidence

pytestmark = pytest.mark.costly

SETTINGS = BoxSettings(min_inliers=6, step=0.1, tolerance_px=0.01, max_rounds=500)
OBJECT = np.array([0.0, 0.0, 200.0, 150.0])


def median_of(boxes, weights):
    geometric_median(boxes, weights, median := np.zeros(4))
    return median


def projection_of(box, affine):
    projected = np.zeros(4)
    assert project_box(box, affine.astype(np.float32), projected)
    return projected


def corners(box):
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def mapped(affine, points):
    return points @ affine[:2, :2].T + affine[:2, 2]


def around(points):
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def overlap(one, other):
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = sides.clip(0).prod()
    return shared / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - shared)


def views(n, rng, turn=0.0):
    """Affine maps from the object to n pictures of 640 x 480, the object inside."""
    made = []
    for angle in rng.uniform(-turn, turn, n):
        scale = rng.uniform(0.6, 1.5, 2)
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
        shift = rng.uniform(0, 120, 2) - around(mapped(np.c_[turned, [0, 0]], corners(OBJECT)))[:2]
        made.append(np.vstack([np.c_[turned, shift], [0, 0, 1]]))
    return made


def evidence_of_views(maps, rng, wrong=()):
    """Each pair matches at 6 to 60 places on the object; `wrong` pairs anywhere, by a wrong transform."""
    ids = np.array([f"i{i:02}" for i in range(len(maps))])
    pairs, transforms, points = [], [], []
    for i in range(len(maps)):
        for j in range(i + 1, len(maps)):
            places = rng.uniform(OBJECT[:2], OBJECT[2:], (rng.integers(6, 60), 2))
            both = np.c_[mapped(maps[i], places), mapped(maps[j], places)]
            transform = maps[j] @ np.linalg.inv(maps[i])
            if (i, j) in wrong:
                both = rng.uniform(0, 400, (6, 4))
                transform = np.array([[0.2, 0.0, 300.0], [0.0, 3.0, 5.0], [0, 0, 1]])
            pairs.append((i, j))
            transforms.append(transform)
            points.append(both)
    inliers = np.array([len(p) for p in points], np.int32)
    return Evidence(
        ids,
        ids,
        np.array(pairs, np.int32),
        np.ones(len(pairs), np.uint8),
        inliers + 9,
        inliers,
        np.array(transforms, np.float32),
        np.append(0, inliers.cumsum()).astype(np.int64),
        np.round(np.concatenate(points) * 16).astype(np.uint16),
    )


@pytest.fixture
def manifest_of(make_manifest):
    def make(evidence):
        return make_manifest(dict.fromkeys(evidence.image_ids.tolist(), 1)).assign(width=640, height=480)

    return make


def boxes_of(table):
    return table[["x1", "y1", "x2", "y2"]].to_numpy()


def true_boxes(maps):
    return np.array([around(mapped(m, corners(OBJECT))) for m in maps])


def test_box_of_an_object_seen_at_many_places(manifest_of):
    rng = np.random.default_rng(0)
    maps = views(8, rng)
    evidence = evidence_of_views(maps, rng)
    table = estimate_boxes(evidence, manifest_of(evidence), np.ones(8), SETTINGS)
    assert table["image_id"].tolist() == evidence.image_ids.tolist()
    assert table["converged"].all()
    assert (table["images"] == 7).all()
    assert min(overlap(*both) for both in zip(boxes_of(table), true_boxes(maps), strict=True)) > 0.85


def test_turned_pictures_do_not_blow_boxes_up(manifest_of):
    rng = np.random.default_rng(1)
    maps = views(8, rng, turn=np.deg2rad(12))
    evidence = evidence_of_views(maps, rng)
    table = estimate_boxes(evidence, manifest_of(evidence), np.ones(8), SETTINGS)
    boxes = boxes_of(table)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    of_object = [abs(np.linalg.det(m[:2, :2])) * OBJECT[2:].prod() for m in maps]
    assert (np.abs(area / of_object - 0.9) < 0.15).all()
    assert min(overlap(*both) for both in zip(boxes, true_boxes(maps), strict=True)) > 0.6


def test_wrong_pairs_move_boxes_little(manifest_of):
    rng = np.random.default_rng(2)
    maps = views(9, rng)
    evidence = evidence_of_views(maps, rng, wrong={(0, 1), (2, 7), (3, 4), (5, 8)})
    table = estimate_boxes(evidence, manifest_of(evidence), np.ones(9), SETTINGS)
    assert min(overlap(*both) for both in zip(boxes_of(table), true_boxes(maps), strict=True)) > 0.85


def naive_median(boxes, weights):
    """What a general optimiser finds."""
    found = minimize(
        lambda m: (weights * np.linalg.norm(boxes - m, axis=1)).sum(),
        np.average(boxes, axis=0, weights=weights),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 10_000, "maxfev": 10_000},
    )
    return found.x


def naive_projection(box, affine):
    points = mapped(affine, corners(box))
    low, high = points.min(axis=0), points.max(axis=0)
    area = (box[2] - box[0]) * (box[3] - box[1]) * abs(np.linalg.det(affine[:2, :2]))
    shrunk = np.sqrt(area / (high - low).prod())
    middle = (low + high) / 2
    return np.concatenate([middle - shrunk * (middle - low), middle + shrunk * (high - middle)])


def naive_boxes(evidence, settings, rounds):
    """Image by image, round by round."""
    n = len(evidence.image_ids)
    near = {i: [] for i in range(n)}
    for row, (i, j) in enumerate(evidence.pairs.tolist()):
        if evidence.inliers[row] < settings.min_inliers:
            continue
        forth, points = evidence.transforms[row].astype(float), evidence.points(row).astype(float)
        near[i].append((j, np.linalg.inv(forth), around(points[:, :2]), float(evidence.inliers[row])))
        near[j].append((i, forth, around(points[:, 2:]), float(evidence.inliers[row])))
    weights = {i: np.array([w for *_, w in near[i]]) for i in range(n)}
    boxes = [median_of(np.array([seen for _, _, seen, _ in near[i]]), weights[i]) for i in range(n)]
    for _ in range(rounds):
        projected = [np.array([naive_projection(boxes[j], t) for j, t, _, _ in near[i]]) for i in range(n)]
        medians = [median_of(projected[i], weights[i]) for i in range(n)]
        boxes = [box + settings.step * (median - box) for box, median in zip(boxes, medians, strict=True)]
    return np.array(boxes)


def test_agrees_with_image_by_image(manifest_of):
    rng = np.random.default_rng(3)
    evidence = evidence_of_views(views(6, rng, turn=0.1), rng)
    settings = SETTINGS.model_copy(update={"min_inliers": 20, "max_rounds": 4})
    table = estimate_boxes(evidence, manifest_of(evidence), np.ones(6), settings)
    assert not table["converged"].any()
    expected = np.clip(naive_boxes(evidence, settings, 4), 0, [640, 480, 640, 480])
    np.testing.assert_allclose(boxes_of(table), expected, atol=0.02)
    assert (evidence.inliers < 20).any()


@pytest.mark.parametrize("seed", range(4))
def test_median_is_where_the_sum_of_distances_is_least(seed):
    rng = np.random.default_rng(seed)
    boxes, weights = rng.uniform(0, 300, (7, 4)), rng.uniform(1, 9, 7)
    np.testing.assert_allclose(median_of(boxes, weights), naive_median(boxes, weights), atol=0.05)


def test_median_of_one_and_of_outvoted_boxes():
    box = np.array([1.0, 2.0, 30.0, 40.0])
    np.testing.assert_allclose(median_of(box[None], np.array([3.0])), box)
    many = np.array([box, box, box, [500, 500, 900, 900]])
    np.testing.assert_allclose(median_of(many, np.ones(4)), box, atol=0.01)


def test_projection_to_and_fro_keeps_the_area():
    turn = np.deg2rad(30)
    forth = np.array([[np.cos(turn), -np.sin(turn), 9], [np.sin(turn), np.cos(turn), 4], [0, 0, 1]])
    box = np.array([10.0, 20.0, 110.0, 60.0])
    there = projection_of(box, forth)
    back = projection_of(there, np.linalg.inv(forth))
    for found in (there, back):
        assert (found[2:] - found[:2]).prod() == pytest.approx(4000, rel=1e-4)
    np.testing.assert_allclose((back[:2] + back[2:]) / 2, [60, 40], atol=1e-3)
    straight = np.array([[2.0, 0, 5], [0, 0.5, 7], [0, 0, 1]])
    np.testing.assert_allclose(projection_of(box, straight), [25, 17, 225, 37])


def test_homography_is_taken_at_the_centre_of_the_box():
    homography = np.array([[1.1, 0.05, 20], [0.02, 0.9, 10], [2e-4, -1e-4, 1]])
    small = np.array([300.0, 200.0, 302.0, 203.0])
    points = np.c_[corners(small), np.ones(4)] @ homography.T
    expected = around(points[:, :2] / points[:, 2:])
    np.testing.assert_allclose(projection_of(small, homography), expected, atol=0.2)
    beyond = np.array([[1.0, 0, 0], [0, 1, 0], [-1e-2, 0, 1]], np.float32)
    assert not project_box(small, beyond, np.zeros(4))


def test_order_of_rows_and_other_landmarks_change_nothing(manifest_of):
    rng = np.random.default_rng(4)
    evidence = evidence_of_views(views(8, rng), rng)
    manifest = manifest_of(evidence).assign(landmark_id=[1, 1, 1, 1, 2, 2, 2, 2])
    scales = rng.uniform(1, 2, 8)
    table = estimate_boxes(evidence, manifest, scales, SETTINGS)
    order = rng.permutation(8)
    pd.testing.assert_frame_equal(
        estimate_boxes(evidence, manifest.iloc[order], scales[order], SETTINGS), table
    )
    alone = manifest.assign(kept=manifest["landmark_id"] == 1)
    pd.testing.assert_frame_equal(estimate_boxes(evidence, alone, scales, SETTINGS), table[:4])
    assert (table["images"] == 3).all()


def test_boxes_are_in_pixels_of_the_picture_and_inside(manifest_of):
    rng = np.random.default_rng(5)
    evidence = evidence_of_views(views(5, rng), rng)
    manifest = manifest_of(evidence)
    once = estimate_boxes(evidence, manifest.assign(width=9999, height=9999), np.ones(5), SETTINGS)
    twice = estimate_boxes(evidence, manifest.assign(width=9999, height=9999), np.full(5, 2.0), SETTINGS)
    np.testing.assert_allclose(boxes_of(twice), 2 * boxes_of(once))
    small = estimate_boxes(evidence, manifest.assign(width=100, height=70), np.ones(5), SETTINGS)
    assert (boxes_of(small)[:, 2:] == [100, 70]).all()
    assert (boxes_of(small)[:, :2] <= [100, 70]).all()


def test_scales_are_of_the_longer_side(make_manifest):
    manifest = make_manifest(dict.fromkeys("abc", 1)).assign(width=[1280, 300, 640], height=[960, 960, 480])
    assert picture_scales(manifest, 640).tolist() == [2, 1.5, 1]


def test_nothing_verified_has_no_boxes(manifest_of, make_evidence):
    rng = np.random.default_rng(6)
    evidence = evidence_of_views(views(3, rng), rng)
    settings = SETTINGS.model_copy(update={"min_inliers": 1000})
    assert estimate_boxes(evidence, manifest_of(evidence), np.ones(3), settings).empty
    none = make_evidence([], evidence.image_ids.tolist())
    assert estimate_boxes(none, manifest_of(evidence), np.ones(3), SETTINGS).empty


def test_scales_of_other_images_are_an_error(manifest_of, make_evidence):
    evidence = make_evidence([], ["a", "b"])
    for scales in (np.ones(3), np.array([1.0, 0.0])):
        with pytest.raises(DataError, match="scales: expected 2 positive"):
            estimate_boxes(evidence, manifest_of(evidence), scales, SETTINGS)
