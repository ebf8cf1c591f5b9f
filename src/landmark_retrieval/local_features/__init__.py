"""Local features of photographs: RootSIFT, DELF and the networks of kornia."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "delf.extractor": ["Delf"],
        "delf.model": ["load_delf", "save_delf"],
        "delf.settings": ["DelfSettings"],
        "extraction": ["extract_features"],
        "factory": ["FeatureSettings", "make_extractor"],
        "features": ["LocalFeatures", "StoredFeatures"],
        "kornia_extractor": ["Kornia", "KorniaSettings"],
        "root_sift": ["RootSift", "RootSiftSettings"],
        "storage.store": ["LocalFeatureStore"],
    },
)
