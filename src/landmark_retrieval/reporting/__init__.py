"""Tables, figures and pages, made from tables of results."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "audits.page": ["AuditPage", "audit_page"],
        "audits.pictures": ["AuditSettings"],
        "audits.provenance": ["AuditSide"],
        "comparison_table": ["format_table"],
        "data_summary": ["images_per_landmark", "reason_table", "variant_table"],
        "figures": ["interval_plot", "landmark_sizes", "to_svg"],
        "gallery": [
            "BenchmarkPictures",
            "Gallery",
            "GallerySettings",
            "Results",
            "build_panels",
            "choose_queries",
        ],
        "match_drawing": ["draw_matches", "read_matched"],
        "page": ["Summary", "summary_page"],
        "review.rows": ["EvaluationSet", "ReviewSettings", "TrainingSet", "build_rows", "review_rows"],
        "review.sheet": ["review_sheet", "sheet_fingerprint"],
        "threshold_sweep": ["sweep_figure"],
        "thumbnails": ["thumbnail"],
    },
)
