"""Published data sets, folders of photographs and submissions, read into the project's own tables."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "gldv1": ["read_gldv1"],
        "gldv2_csv.images": ["read_clean_list", "read_index", "read_queries", "read_train"],
        "gldv2_csv.landmarks": ["read_landmark_names"],
        "gldv2_csv.solutions": ["read_recognition_solution", "read_retrieval_solution"],
        "photo_folder": ["read_photo_folder"],
        "photo_splits": ["PhotoFolderSettings"],
        "query_names": ["read_query_names"],
        "reading": ["ReadingSettings"],
        "registry": ["FORMATS", "Format"],
        "files.restricted_pickle": ["read_pickle"],
        "revisited": ["check_boxes", "find_release", "read_revisited"],
        "submission": [
            "read_recognition_submission",
            "read_retrieval_submission",
            "recognition_submission",
            "retrieval_submission",
        ],
        "vectors": ["read_vectors"],
    },
)
