"""Image files: finding, reading and inspection."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "file_tree": ["FileTree"],
        "hashing": ["perceptual_hash"],
        "inspection": ["Inspection", "inspect_images"],
        "reading": ["DamagedImage", "read_rgb"],
    },
)
