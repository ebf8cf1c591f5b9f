"""Networks that turn photographs into embeddings."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "config": ["EmbeddingSettings", "ModelSettings", "SuperGlobalSettings"],
        "device": ["choose_device"],
        "embedding_model": ["EmbeddingModel", "build_model"],
        "extraction": ["extract"],
        "fingerprint": ["model_fingerprint"],
        "gem": ["GeM"],
        "region_extraction": ["extract_regions"],
        "storage": ["load_model", "save_model"],
    },
)
