"""Evaluation measures of rankings and predictions, each under a named protocol and with an interval."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "clusters": ["query_clusters"],
        "cleaning_quality": ["score_cleaning", "score_overlap"],
        "comparison": ["compare", "summarise", "summarise_recognition"],
        "effects": ["leak_groups", "overlapping_queries"],
        "families": ["FAMILIES", "Family"],
        "gldv2_recognition": ["gap", "gap_interval", "judge_predictions"],
        "intervals": ["Interval", "IntervalSettings", "bootstrap", "mean_interval"],
        "paired_tests": ["Difference", "difference_interval", "holm", "mean_difference"],
        "protocol": [
            "GAP",
            "GLDV2_RETRIEVAL",
            "Measure",
            "Protocol",
            "REVISITED",
            "REVISITED_EASY",
            "REVISITED_HARD",
            "REVISITED_MEDIUM",
        ],
        "query_groups": ["QueryGroupSettings", "compare_groups", "group_queries", "query_relatives"],
    },
)
