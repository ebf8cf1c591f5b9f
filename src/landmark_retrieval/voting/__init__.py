"""Landmarks predicted from the nearest training images, by soft voting, recognition and calibration."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "calibration": ["LabelCalibration", "fit_calibration"],
        "nearest": ["NearestLandmarks", "nearest_landmarks"],
        "recognition": ["demote_distractors", "recognise", "third_place_scores"],
        "settings": ["CalibrationSettings", "RecognitionSettings", "VotingSettings"],
        "soft_voting": ["predict_landmarks", "soft_vote"],
        "tables": ["predictions_table", "read_predictions", "read_votes", "votes_table"],
        "training_landmarks": ["calibrate_labels"],
        "votes": ["TrainSet", "Votes", "collect_votes", "label_train_set"],
    },
)
