"""Geometric verification of image pairs by local features."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "affine": ["AffineSettings"],
        "consensus": ["find_transform"],
        "evidence": ["Evidence"],
        "homography": ["HomographySettings"],
        "light_glue": ["LightGlueSettings"],
        "matching": ["MatchingSettings", "match"],
        "pairs": ["count_inliers", "verify_pairs"],
        "settings": ["GeometrySettings", "VerificationSettings"],
    },
)
