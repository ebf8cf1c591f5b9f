"""Near-duplicate images, by file, perceptual hash and embedding."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "copies": ["CopySettings", "group_copies", "query_copies"],
        "hash_neighbours": ["near_hashes"],
        "pairs": ["NearDuplicateSettings", "copy_groups", "near_duplicates", "summarise_near_duplicates"],
    },
)
