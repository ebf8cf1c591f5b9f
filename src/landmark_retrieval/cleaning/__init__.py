"""Cleaning of noisy labels: rules from evidence to a manifest, thresholds, boxes."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "boxes": ["BoxSettings", "estimate_boxes"],
        "decision": ["Decision", "format_reasons"],
        "frequency": ["FrequencySettings"],
        "match_graph": ["MatchGraphSettings"],
        "method": ["CleaningMethod"],
        "neighbours": ["same_landmark_neighbours"],
        "spatial_cleaning": ["CleaningSettings", "clean"],
        "threshold_sweep": ["SweepSettings"],
    },
)
