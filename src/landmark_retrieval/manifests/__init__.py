"""Manifests of dataset versions: their images, differences, and versions on disk."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "builds": ["Build", "DatasetNames", "find_builds", "removable"],
        "comparison": ["ManifestComparison", "compare_manifests"],
        "difference": ["landmark_difference", "manifest_difference"],
        "label_noise": ["LabelNoiseSettings", "plant_label_noise", "planted_faults"],
        "landmark_removal": ["remove_landmarks"],
        "manifest": ["as_published", "kept", "manifest_fingerprint"],
        "published_list": ["keep_listed"],
        "withholding": ["WithholdingSettings", "withhold"],
    },
)
