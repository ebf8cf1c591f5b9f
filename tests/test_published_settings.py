"""The numbers of `conf/gldv2` are those of the publications."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from landmark_retrieval.config_loader import ComposedConfigLoader
from landmark_retrieval.settings import CONFIG_LOADER_ARGS

pytestmark = pytest.mark.costly

CONF = Path(__file__).parents[1] / "conf"

TWO_STAGE = "Yokoo, Ozaki, Simo-Serra, Iizuka: Two-stage Discriminative Re-ranking, CVPR workshops 2020"
ITS_CODE = "lyakaap/Landmark2019-1st-and-3rd-Place-Solution"
CIDER = "Song et al.: On Train-Test Class Overlap and Detection for Image Retrieval, CVPR 2024"

VERIFIED = "experiments.ablations.spatial_verification.steps.0.min_inliers"
SETTINGS: dict[str, dict[str, Any]] = {
    f"{TWO_STAGE}, §3.1": {"model.backbone": "resnet101", "model.dim": 512, "training.loss.name": "arcface"},
    f"{TWO_STAGE}, §4: neighbours that count the image itself": {
        "v2_clean.cleaning.neighbours": 1000,
        "v2_clean.cleaning.max_verified": 100 - 1,
    },
    f"{TWO_STAGE}, §4: more than 30 inliers, 3 verified images, an affine transform": {
        "v2_clean.cleaning.method": "frequency",
        "v2_clean.cleaning.min_inliers": 30 + 1,
        "v2_clean.cleaning.min_verified_neighbours": 3,
        "v2_clean.cleaning.copies_verify": True,
        "v2_clean.cleaning.min_landmark_size": 1,
        "v2_clean.cleaning.too_small": "remove",
        "geometry.verification.consensus.transform": "affine",
    },
    f"{TWO_STAGE}, §5.1, training": {
        "model.weights": "IMAGENET1K_V1",
        "model.gem_p": 3.0,
        "training.loss.margin": 0.3,
        "training.weight_decay": 1e-5,
        "training.epochs": 5,
        "training.iterations": None,
        "training.augmentation.scale": 0.2,
        "training.augmentation.brightness": 0.1,
        "training.aspect_groups.sizes": [[512, 352], [512, 384], [448, 448], [384, 512], [352, 512]],
        "training.lr": 0.001,
        "training.momentum": 0.9,
        "training.batch_size": 32,
    },
    f"{TWO_STAGE}, §5.1, voting": {"voting.k": 3},
    f"{TWO_STAGE}, §5.1, query expansion: 10 images, the query included": {
        "experiments.ablations.aqe.steps.0.n": 10,
        "experiments.ablations.alpha_qe.steps.0.n": 10,
    },
    f"{ITS_CODE}, models.py, v1only.py, v2clean.py": {
        "model.gem_trainable": True,
        "training.loss.scale": 30.0,
        "training.lr_min": 3e-6,
        "training.augmentation.brightness_probability": 0.5,
        "training.aspect_groups.bins": [0.67, 0.77, 1.33, 1.5],
    },
    f"{ITS_CODE}, extraction for GLD-v2": {
        "embedding.aspect_groups.bins": [0.67, 0.77, 1.33, 1.5],
        "embedding.aspect_groups.sizes": [[800, 544], [800, 608], [800, 800], [608, 800], [544, 800]],
        "embedding.scales": [0.75, 1.0, 1.25],
        "embedding.multiple_of": 32,
        "embedding.min_side": 128,
    },
    f"{ITS_CODE}, extraction for ROxford5k and RParis6k": {
        "embedding_revisited.max_side": 1024,
        "embedding_revisited.scales": pytest.approx([2**-0.5, 1.0, 2**0.5], abs=1e-4),
        "embedding_revisited.multiple_of": 32,
        "embedding_revisited.min_side": 128,
    },
    f"{ITS_CODE}, cleaning: inliers of at least 20, 25, … and 1 to 10 neighbours; residual of RANSAC": {
        "threshold_sweep.min_inliers": [n + 1 for n in range(20, 51, 5)],
        "threshold_sweep.min_verified_neighbours": list(range(1, 11)),
        "geometry.verification.consensus.threshold_px": 20.0,
    },
    "Iscen et al.: Efficient Diffusion on Region Manifolds, CVPR 2017, code run_test.m": {
        "experiments.ablations.diffusion.steps.0.k": 50,
        "experiments.ablations.diffusion.steps.0.k_q": 10,
        "experiments.ablations.regional_diffusion.steps.0.k": 200,
        "experiments.ablations.regional_diffusion.steps.0.k_q": 200,
    },
    "Yang et al.: Efficient Image Retrieval via Decoupling Diffusion, AAAI 2019, code fyang93/diffusion": {
        "experiments.ablations.offline_diffusion.steps.0.n_trunc": 1000,
        "experiments.ablations.offline_diffusion.steps.0.k_d": 50,
        "experiments.ablations.offline_diffusion.steps.0.k_q": 10,
    },
    "Chang et al.: Explore-Exploit Graph Traversal, CVPR 2019, code layer6ai-labs/EGT, EGTImpl.java": {
        "experiments.ablations.explore_exploit.steps.0.k": 100,
        "experiments.ablations.explore_exploit_inliers.steps.0.k": 100,
        "experiments.ablations.explore_exploit_inliers.steps.0.t": 40,
    },
    "Gordo et al.: End-to-end Learning of Deep Visual Representations, IJCV 2017, DBA": {
        "experiments.ablations.dba.steps.0.n": 20,
        "experiments.ablations.alpha_dba.steps.0.n": 20,
    },
    "Zhong et al.: Re-ranking Person Re-identification with k-reciprocal Encoding, CVPR 2017, code": {
        "experiments.ablations.k_reciprocal.steps.0.k1": 20,
        "experiments.ablations.k_reciprocal.steps.0.k2": 6,
    },
    "Zhang et al.: Understanding Image Retrieval Re-Ranking: A GNN Perspective, 2020, code": {
        "experiments.ablations.gnn.steps.0.k1": 26,
        "experiments.ablations.gnn.steps.0.k2": 7,
    },
    "C-CRFs for image retrieval, ICIP 2025, code jaeyoon1603/C-CRFs-image-retrieval": {
        "experiments.ablations.c_crf.steps.0.clique": 1000,
        "experiments.ablations.c_crf.steps.0.k_d": 50,
    },
    "Shao et al.: Global Features are All You Need for Image Retrieval and Reranking, ICCV 2023, code": {
        "experiments.ablations.super_global.steps.0.neighbours": 9,
    },
    f"{CIDER}: nearest training images of a query that are verified; RGLDv2-clean": {
        "rgldv2_clean.overlap.depth": 5,
        "rgldv2_clean.overlap.rule": "any",
        "rgldv2_clean.overlap.expected.removed_landmarks": 11 + 6 + 1,
        "rgldv2_clean.overlap.expected.removed_images": 1_227 + 315 + 23,
        "rgldv2_clean.overlap.expected.images": 1_580_470 - 1_565,
        "rgldv2_clean.overlap.expected.landmarks": 81_313 - 18,
    },
    "Noh et al.: Large-Scale Image Retrieval with Attentive Deep Local Features, ICCV 2017, §4": {
        "delf.side": 720,
        "geometry.features.scales": pytest.approx([2 ** (e / 2) for e in range(-4, 3)], abs=1e-4),
        "geometry.features.max_keypoints": 1000,
    },
    "DELG, code image_reranking.py: the whole shortlist is sorted by inliers": {
        VERIFIED: 0,
    },
    f"{ITS_CODE}, DELF": {"delf.pca.dim": 40, "v2_clean_delf.cleaning.min_inliers": 30 + 1},
}

TEMPLATES = {
    "_images.expansion.n": "experiments.ablations.aqe.steps.0.n",
    "_images.augmentation.n": "experiments.ablations.dba.steps.0.n",
    "_images.diffusion.k": "experiments.ablations.diffusion.steps.0.k",
    "_images.diffusion.k_q": "experiments.ablations.diffusion.steps.0.k_q",
    "_images.diffusion.n_trunc": "experiments.ablations.offline_diffusion.steps.0.n_trunc",
    "_images.regional_diffusion.k": "experiments.ablations.regional_diffusion.steps.0.k",
    "_images.regional_diffusion.k_q": "experiments.ablations.regional_diffusion.steps.0.k_q",
    "_images.c_crf.clique": "experiments.ablations.c_crf.steps.0.clique",
    "_images.spatial_verification.min_inliers": VERIFIED,
    "_delf.reranking_min_inliers": VERIFIED,
    "_images.explore_exploit.k": "experiments.ablations.explore_exploit.steps.0.k",
    "_images.explore_exploit.min_inliers": "experiments.ablations.explore_exploit_inliers.steps.0.t",
    "_images.k_reciprocal.k1": "experiments.ablations.k_reciprocal.steps.0.k1",
    "_images.k_reciprocal.k2": "experiments.ablations.k_reciprocal.steps.0.k2",
    "_images.gnn.k1": "experiments.ablations.gnn.steps.0.k1",
    "_images.gnn.k2": "experiments.ablations.gnn.steps.0.k2",
    "_images.super_global.neighbours": "experiments.ablations.super_global.steps.0.neighbours",
    "_delf.min_inliers": "v2_clean_delf.cleaning.min_inliers",
}
"""Where a template's number arrives."""

OWN = {
    *("search.factory", "search.n_probe", "search.train_sample", "reading.workers", "training.workers"),
    *("embedding.batch_size", "embedding.workers", "embedding_revisited.batch_size"),
    *("embedding_revisited.workers", "geometry.workers", "experiments.train_index"),
    # RootSIFT in the place of DELF
    *("geometry.features.max_side", "geometry.features.contrast_threshold"),
    *("geometry.verification.matching.ratio", "boxes.min_inliers"),
    # CiDeR publishes neither the threshold of its verification nor how names are compared
    *("rgldv2_clean.overlap.min_inliers", "rgldv2_clean.overlap.min_images"),
    *("rgldv2_clean.overlap.max_namesakes", "rgldv2_clean.overlap.undecided"),
    *("_delf.thresholds", "delf.pca.keypoints.max_keypoints", "delf.pca.keypoints.max_side"),
    "delf.pca.keypoints.scales",
}
"""Numbers of `conf/gldv2` that are not published: our own choices."""


@pytest.fixture(scope="module")
def parameters() -> dict[str, Any]:
    """Parameters of `--env=gldv2,delf`, with the ablations of `--env=gldv2,methods`."""
    cleaning, methods = (
        ComposedConfigLoader(CONF, f"gldv2,{env}", **CONFIG_LOADER_ARGS)["parameters"]
        for env in ("delf", "methods")
    )
    cleaning["experiments"]["ablations"] |= methods["experiments"]["ablations"]
    return cleaning


def value_of(parameters: Any, key: str) -> Any:
    for name in key.split("."):
        parameters = parameters[int(name)] if name.isdigit() else parameters[name]
    return parameters


@pytest.mark.parametrize(
    ("source", "key", "expected"),
    [
        pytest.param(source, key, value, id=key)
        for source, values in SETTINGS.items()
        for key, value in values.items()
    ],
)
def test_a_published_number_is_kept(parameters: dict[str, Any], source: str, key: str, expected: Any):
    assert value_of(parameters, key) == expected, source


def leaves(values: Any, key: str = "") -> Iterator[str]:
    if not isinstance(values, dict):
        yield key
        return
    for name, value in values.items():
        yield from leaves(value, f"{key}.{name}" if key else name)


def test_every_number_is_published_or_called_our_own():
    own = yaml.safe_load((CONF / "gldv2" / "parameters" / "gldv2.yml").read_text())
    pinned = {key for values in SETTINGS.values() for key in values}
    assert set(TEMPLATES.values()) <= pinned
    written = {key for key in leaves(own) if not re.match(r"experiments\.\w+(\.|-)", key)}
    assert written - pinned - OWN - TEMPLATES.keys() == set()
    assert OWN | TEMPLATES.keys() <= written
