import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.voting.calibration import (
    CANDIDATES,
    LabelCalibration,
    landmark_evidence,
    leads_of,
)
from landmark_retrieval.voting.nearest import NearestLandmarks, nearest_landmarks
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet

pytestmark = pytest.mark.costly
SETTINGS = CalibrationSettings(landmarks=10, sample=2_000, seed=0)
SIZES = [1, 2, 3, 5, 12] * 20


def random_nearest(n=200, m=7, seed=0):
    rng = np.random.default_rng(seed)
    landmarks = np.stack([rng.permutation(50)[:m] for _ in range(n)])
    cosines = -np.sort(-rng.random((n, m)), axis=1).astype(np.float32)
    absent = np.arange(m) >= rng.integers(0, 2 * m, n)[:, None]
    landmarks[absent], cosines[absent] = -1, -np.inf
    return NearestLandmarks(landmarks, cosines, np.where(absent, 0, rng.integers(1, 9, (n, m))))


def loop_evidence(cosines, sizes):
    """The same for one image, from the definition."""
    s = [float(c) for c in cosines if np.isfinite(c)]
    if len(s) < 3:
        return None
    spacings = [i * (s[i - 1] - s[i]) for i in range(2, len(s))]
    scale = sum(spacings) / len(spacings)
    rows = []
    for place in range(min(CANDIDATES, len(s))):
        lead = (s[place] - (s[1] if place == 0 else s[0])) / scale
        lead = max(-50.0, min(50.0, lead))
        rows.append([np.sign(lead) * np.log(1 + abs(lead)), np.log(sizes[place])])
    return rows


def test_evidence_agrees_with_the_loop():
    nearest = random_nearest()

    evidence, present = landmark_evidence(nearest)

    for row in range(len(nearest)):
        expected = loop_evidence(nearest.cosines[row], nearest.sizes[row])
        if expected is None:
            assert not present[row].any()
        else:
            np.testing.assert_allclose(evidence[row][present[row]], expected, rtol=1e-6, atol=1e-9)


def test_equal_similarities_are_no_evidence():
    ones = np.ones((1, 4), np.int64)
    flat = NearestLandmarks(np.array([[1, 2, 3, 4]]), np.full((1, 4), 0.5, np.float32), ones)

    assert not landmark_evidence(flat)[1].any()
    assert len(leads_of(flat)) == 0


@pytest.fixture
def calibration(make_train):
    return calibrate_labels(make_train(SIZES), SETTINGS)


def new_images(make_train, known, seed):
    """New photographs of the training landmarks, or of landmarks of which there are none."""
    sizes = SIZES if known else [0] * len(SIZES) + SIZES
    return make_train(sizes, seed=seed)


def test_the_probability_is_how_often_it_is_right(make_train, calibration):
    train = make_train(SIZES)
    probabilities, right = [], []
    for known in (True, False):
        images = new_images(make_train, known, seed=5)
        nearest = nearest_landmarks(images.embeddings.vectors, train, 10)
        probabilities.append(calibration.probabilities(nearest))
        right.append(nearest.landmark_ids[:, :CANDIDATES] == images.landmark_ids[:, None])
    probability, right = np.concatenate(probabilities), np.concatenate(right)

    assert (probability.sum(axis=1) < 1).all()
    for low in np.arange(0, 1, 0.25):
        chosen = (probability >= low) & (probability < low + 0.25)
        assert abs(right[chosen].mean() - probability[chosen].mean()) < 0.12


def test_unknown_landmarks_are_unknown_and_known_ones_known(make_train, calibration):
    train = make_train(SIZES)
    known, unknown = (
        calibration.probabilities(
            nearest_landmarks(new_images(make_train, k, 5).embeddings.vectors, train, 10)
        ).max(axis=1)
        for k in (True, False)
    )

    assert np.median(known) > 0.6
    assert np.median(unknown) < 0.3


def test_the_share_of_known_landmarks_shifts_the_odds(make_train, calibration):
    nearest = random_nearest(m=10)
    even, few = calibration.probabilities(nearest), calibration.probabilities(nearest, 0.1)

    odds = even / (1 - even.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(few / (1 - few.sum(axis=1, keepdims=True)), odds / 9, rtol=1e-9)


def test_a_row_alone_gets_the_same_bytes(calibration):
    nearest = random_nearest(m=10)
    together = calibration.probabilities(nearest)

    for row in range(len(nearest)):
        one = nearest[row : row + 1]
        np.testing.assert_array_equal(calibration.probabilities(one)[0], together[row])


@pytest.mark.parametrize("known_share", [0.0, 0.5, 1.0])
def test_nothing_is_objected_to_new_photographs_of_any_mixture(make_train, calibration, known_share):
    train = make_train(SIZES)
    vectors = [
        new_images(make_train, known, 7).embeddings.vectors[: int(300 * share)]
        for known, share in ((True, known_share), (False, 1 - known_share))
    ]

    assert calibration.objection(nearest_landmarks(np.concatenate(vectors), train, 10)) is None


def mixed_images(make_train, known_share, noise):
    """New photographs, so many of them of training landmarks; more noise makes their leads shorter."""
    return np.concatenate(
        [
            make_train(sizes, seed=7, noise=noise).embeddings.vectors[::2][: int(220 * share)]
            for sizes, share in ((SIZES, known_share), ([0] * len(SIZES) + SIZES, 1 - known_share))
        ]
    )


@pytest.mark.parametrize("known_share", [0.0, 0.3, 0.7, 1.0])
def test_the_share_of_known_landmarks_is_found_where_leads_are_shorter(make_train, calibration, known_share):
    nearest = nearest_landmarks(mixed_images(make_train, known_share, 0.7), make_train(SIZES), 10)

    gap, share = calibration.mixture(nearest)

    assert gap < 0.15
    assert share == pytest.approx(known_share, abs=0.2)


@pytest.mark.parametrize("known_share", [0.0, 0.3, 0.7])
def test_the_share_of_known_landmarks_is_not_too_low_where_leads_carry_over(
    make_train, calibration, known_share
):
    nearest = nearest_landmarks(mixed_images(make_train, known_share, 0.5), make_train(SIZES), 10)

    gap, share = calibration.mixture(nearest)

    assert gap < 0.15
    assert known_share - 0.05 < share < 1.5 * known_share + 0.05


def test_photographs_that_look_otherwise_are_objected_to(make_train, calibration):
    """Between two landmarks: both ahead of all others, neither ahead of the other."""
    train = make_train(SIZES)
    centres = np.stack([train.embeddings.vectors[train.landmark_ids == y].mean(axis=0) for y in range(100)])
    between = normalise(normalise(centres) + normalise(np.roll(centres, 1, axis=0)))

    assert "leads of nearest landmarks" in calibration.objection(nearest_landmarks(between, train, 10))


def test_whitening_in_as_many_dimensions_as_images_is_objected_to(make_train):
    """It puts all training images at right angles, so that they say nothing about new ones."""
    train, new = (make_train(SIZES, seed=seed, dim=600).embeddings.vectors for seed in (0, 7))
    mean = train.mean(axis=0)
    _, lengths, axes = np.linalg.svd(train - mean, full_matrices=False)
    whitening = axes[:-1].T / lengths[:-1]
    landmarks = make_train(SIZES).landmark_ids
    ids = np.arange(len(train)).astype(str)
    whitened = TrainSet(Embeddings(ids, normalise((train - mean) @ whitening)), landmarks)

    calibration = calibrate_labels(whitened, SETTINGS)

    nearest = nearest_landmarks(normalise((new - mean) @ whitening), whitened, 10)
    assert "leads of nearest landmarks" in calibration.objection(nearest)


def test_nothing_to_compare_and_refusals_are_objections(calibration):
    none = np.zeros((2, 3), np.int64)
    nobody = NearestLandmarks(none - 1, np.full((2, 3), -np.inf, np.float32), none)

    assert "no index image" in calibration.objection(nobody)
    np.testing.assert_array_equal(calibration.probabilities(nobody), 0)
    assert LabelCalibration(landmarks=3, refusal="too few").objection(nobody) == "too few"


def test_it_is_text_and_back(calibration):
    assert LabelCalibration.model_validate_json(calibration.model_dump_json()) == calibration
