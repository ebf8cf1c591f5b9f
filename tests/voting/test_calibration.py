import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.voting.calibration import (
    VoteCalibration,
    first_votes,
    fit_calibration,
    vote_evidence,
)
from landmark_retrieval.voting.votes import Votes


def simulate(n, known_share, seed, k=4):
    """Votes on images of 30 landmarks: a known one gets more and nearer votes than the others."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, 30, n)
    known = rng.random(n) < known_share
    landmarks = rng.integers(30, 60, (n, k))
    good = known[:, None] & (rng.random((n, k)) < 0.7)
    landmarks[good] = np.broadcast_to(own[:, None], (n, k))[good]
    cosines = np.where(good, rng.normal(0.7, 0.1, (n, k)), rng.normal(0.5, 0.1, (n, k)))
    order = np.argsort(-cosines, axis=1)
    landmarks, cosines = np.take_along_axis(landmarks, order, 1), np.take_along_axis(cosines, order, 1)
    return Votes(landmarks, cosines.astype(np.float32)), landmarks == own[:, None]


def loop_evidence(landmarks, cosines):
    """The same image by image, landmark by landmark."""
    evidence = np.zeros((*landmarks.shape, 4))
    for image, (row, values) in enumerate(zip(landmarks, cosines, strict=True)):
        clipped = [
            max(0.0, float(c)) if landmark >= 0 else 0.0 for landmark, c in zip(row, values, strict=True)
        ]
        for place, landmark in enumerate(row):
            own = [c for other, c in zip(row, clipped, strict=True) if other == landmark]
            rest = [c for other, c in zip(row, clipped, strict=True) if other != landmark]
            all_votes = max(sum(clipped), 1e-9)
            best = max(own)
            evidence[image, place] = [
                sum(own) / len(row),
                best,
                best - max(rest, default=0),
                sum(own) / all_votes,
            ]
    return evidence


def test_evidence_agrees_with_the_loop():
    rng = np.random.default_rng(0)
    landmarks, cosines = rng.integers(-1, 4, (200, 5)), rng.uniform(-0.5, 1, (200, 5)).astype(np.float32)
    cosines[landmarks == -1] = -np.inf

    np.testing.assert_allclose(
        vote_evidence(Votes(landmarks, cosines)), loop_evidence(landmarks, cosines), atol=1e-6
    )


def test_only_the_first_vote_for_a_landmark_counts():
    votes = Votes(np.array([[3, 3, 1, -1, 1]]), np.array([[0.9, 0.8, 0.7, -np.inf, 0.5]], np.float32))

    assert first_votes(votes).tolist() == [[True, False, True, False, False]]
    calibration = fit_calibration(*simulate(500, 0.5, 0), 4)
    posterior = calibration.posterior(Votes(votes.landmark_ids[:, :4], votes.cosines[:, :4]))
    assert (posterior[0, [0, 2]] > 0).all()
    assert (posterior[0, [1, 3]] == 0).all()


def test_the_posterior_is_how_often_votes_are_right():
    calibration = fit_calibration(*simulate(20_000, 0.5, 0), 4)
    votes, right = simulate(20_000, 0.5, 1)
    posterior = calibration.posterior(votes)[first_votes(votes)]
    right = right[first_votes(votes)]

    assert (calibration.posterior(votes).sum(axis=1) < 1).all()
    for low in np.arange(0, 1, 0.2):
        chosen = (posterior >= low) & (posterior < low + 0.2)
        assert abs(right[chosen].mean() - posterior[chosen].mean()) < 0.05


@pytest.mark.parametrize("known_share", [0.1, 0.4, 0.8])
def test_the_share_of_known_landmarks_is_found(known_share):
    calibration = fit_calibration(*simulate(20_000, 0.5, 0), 4)
    votes, right = simulate(20_000, known_share, 1)

    assert calibration.estimate_known_share(votes) == pytest.approx(right.any(axis=1).mean(), abs=0.03)
    assert calibration.posterior(votes).sum(axis=1).mean() == pytest.approx(
        right.any(axis=1).mean(), abs=0.03
    )


def test_the_order_of_images_does_not_matter():
    calibration = fit_calibration(*simulate(2_000, 0.5, 0), 4)
    votes, _ = simulate(999, 0.3, 1)
    order = np.random.default_rng(0).permutation(999)
    shuffled = Votes(votes.landmark_ids[order], votes.cosines[order])

    np.testing.assert_array_equal(calibration.posterior(shuffled), calibration.posterior(votes)[order])


def test_a_share_that_is_known_is_taken():
    calibration = fit_calibration(*simulate(2_000, 0.5, 0), 4)
    votes, _ = simulate(500, 0.5, 1)

    low, high = (calibration.posterior(votes, share).sum(axis=1) for share in (0.1, 0.9))
    assert (low < high).all()


def test_no_votes_are_no_known_landmarks():
    calibration = fit_calibration(*simulate(2_000, 0.5, 0), 4)
    nobody = Votes(np.full((3, 4), -1), np.full((3, 4), -np.inf, np.float32))

    assert calibration.estimate_known_share(nobody) == pytest.approx(1e-3)
    np.testing.assert_array_equal(calibration.posterior(nobody), np.zeros((3, 4)))
    assert calibration.posterior(Votes(np.empty((0, 4), np.int64), np.empty((0, 4), np.float32))).shape == (
        0,
        4,
    )


def test_it_is_text_and_back():
    calibration = fit_calibration(*simulate(500, 0.5, 0), 4)

    assert VoteCalibration.model_validate_json(calibration.model_dump_json()) == calibration


def test_what_cannot_be_calibrated_is_refused():
    votes, right = simulate(100, 0.5, 0)

    with pytest.raises(DataError, match="expected some right and some wrong"):
        fit_calibration(votes, np.zeros_like(right), 4)
    with pytest.raises(DataError, match="votes of 5 neighbours: expected 1 to 4"):
        fit_calibration(votes, right, 5)
