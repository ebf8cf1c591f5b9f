"""Train-test overlap: candidates, verdicts, decisions."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "candidates": ["overlap_candidates"],
        "decisions": ["aggregate_verdicts", "decide_overlap", "removed_landmarks"],
        "landmark_list": ["merge_landmark_lists"],
        "landmark_names": ["match_names"],
        "pairs": ["overlap_pairs", "pairs_to_verify"],
        "published_counts": ["PublishedCounts", "check_published"],
        "settings": ["OverlapSettings"],
        "summary": ["overlap_summary"],
        "verdict_files": ["read_verdicts"],
    },
)
