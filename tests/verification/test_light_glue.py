import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.storage.parts import InMemoryParts
from landmark_retrieval.verification.light_glue import LightGlueMatcher, LightGlueSettings, make_network
from landmark_retrieval.verification.pairs import verify_pairs, work_fingerprint
from landmark_retrieval.verification.settings import GeometrySettings, VerificationSettings

pytestmark = pytest.mark.costly

SIZE = (96, 72)
GLUE = LightGlueSettings(method="light_glue", features="xfeat", weights="glue.pth", min_score=0.0)
CONSENSUS = {"transform": "affine", "threshold_px": 6.0, "iterations": 200, "confidence": 0.99}
FEATURES = {
    "kind": "kornia",
    "model": "xfeat",
    "weights": "xfeat.pth",
    "max_keypoints": 40,
    "max_side": 96,
    "detection_threshold": 0.05,
    "threads": 1,
}


def picture(seed, n=12, dim=64, size=SIZE):
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, np.array(SIZE) - 1, (n, 2)).astype(np.float32)
    descriptors = rng.normal(size=(n, dim)).astype(np.float32)
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    return LocalFeatures(points, descriptors, np.ones(n, np.float32), size=size)


def store_of(*pictures):
    return LocalFeatureStore.pack([f"p{i:02d}" for i in range(len(pictures))], pictures)


def as_published(state):
    """Names of the authors' files: the number of a layer behind its kind."""
    renamed = {}
    for key, tensor in state.items():
        parts = key.split(".")
        if parts[0] == "transformers":
            parts = [parts[2], parts[1], *parts[3:]]
        renamed[".".join(parts)] = tensor
    return {key: tensor for key, tensor in renamed.items() if key != "confidence_thresholds"}


@pytest.fixture(scope="module")
def states():
    """Random weights of the networks for XFeat's and ALIKED's features."""
    pytest.importorskip("kornia.feature")
    torch.manual_seed(0)
    names = ("xfeat", "aliked-n16")
    return {n: make_network(GLUE.model_copy(update={"features": n})).state_dict() for n in names}


@pytest.fixture(scope="module")
def settings(states, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "glue.pth"
    torch.save(states["xfeat"], path)
    return GLUE.model_copy(update={"weights": str(path)})


def verification(settings):
    return VerificationSettings(matching=settings, consensus=CONSENSUS, seed=0)


def matched(matcher, store, first, second):
    images = [matcher.prepare(f"p{row}", store.stored(row)) for row in (first, second)]
    return matcher.match(*images)


def test_matches_are_those_of_the_library(settings, states):
    network = make_network(settings).eval()
    network.load_state_dict(states["xfeat"])
    store = store_of(picture(0, 30), picture(1, 25))
    given = {}
    for row in (0, 1):
        found = store.features(row)
        given[f"image{row}"] = {
            "keypoints": torch.tensor(found.keypoints)[None],
            "descriptors": torch.tensor(found.descriptors)[None],
            "image_size": torch.tensor([SIZE]),
        }
    with torch.inference_mode():
        expected = network(given)
    matches = matched(LightGlueMatcher(settings), store, 0, 1)
    best_first = expected["matches"][0].numpy()[np.argsort(-expected["scores"][0].numpy(), kind="stable")]
    assert len(matches) > 3
    np.testing.assert_array_equal(matches, best_first)


@pytest.mark.parametrize("features", ["xfeat", "aliked-n16"])
def test_the_authors_names_and_the_librarys_give_the_same(states, tmp_path, features):
    state, dim = states[features], {"xfeat": 64, "aliked-n16": 128}[features]
    trained = {f"matcher.{key}": tensor for key, tensor in state.items()}
    files = {
        "library.pth": state,
        "published.pth": as_published(state),
        "training.pth": {"model": {**trained, "extractor.bias": torch.zeros(1)}},
    }
    for name, content in files.items():
        torch.save(content, tmp_path / name)
    save_file({k: t.contiguous() for k, t in as_published(state).items()}, tmp_path / "some.safetensors")
    store = store_of(picture(0, dim=dim), picture(1, dim=dim))
    found = []
    for name in [*files, "some.safetensors"]:
        given = GLUE.model_copy(update={"features": features, "weights": str(tmp_path / name)})
        found.append(matched(LightGlueMatcher(given), store, 0, 1))
    assert len(found[0])
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_matches_are_mutual_and_one_to_one(settings):
    store, matcher = store_of(picture(0, 40), picture(1, 30)), LightGlueMatcher(settings)
    matches = matched(matcher, store, 0, 1)
    assert matches.dtype == np.int64
    for column, n in zip(matches.T, (40, 30), strict=True):
        assert len(set(column.tolist())) == len(column)
        assert column.min() >= 0
        assert column.max() < n


def test_a_greater_score_leaves_the_first_of_the_matches(settings):
    store = store_of(picture(0), picture(0))
    everything = matched(LightGlueMatcher(settings), store, 0, 1)
    rest = [
        matched(LightGlueMatcher(settings.model_copy(update={"min_score": s})), store, 0, 1)
        for s in (0.001, 0.01, 0.999)
    ]
    for less, more in zip(rest, [everything, *rest], strict=False):
        np.testing.assert_array_equal(less, more[: len(less)])
    assert len(rest[-1]) == 0 < len(everything)


def test_a_picture_without_keypoints_has_no_matches(settings):
    nothing = LocalFeatures(
        np.zeros((0, 2), np.float32), np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    )
    store, matcher = store_of(picture(0), nothing), LightGlueMatcher(settings)
    assert matched(matcher, store, 0, 1).shape == matched(matcher, store, 1, 0).shape == (0, 2)


def test_a_pair_has_the_same_evidence_alone_among_others_and_in_two_processes(settings):
    store = store_of(*(picture(seed % 7, 10 + seed % 5) for seed in range(14)))
    pairs = np.array([(i, j) for i in range(14) for j in range(i + 1, 14)])
    one, two = (verify_pairs(store, pairs, verification(settings), workers) for workers in (1, 2))
    for name in ("matches", "inliers", "transforms", "matched"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.inliers.max() > 3
    for row in (3, 50):
        alone = verify_pairs(store, pairs[row : row + 1], verification(settings), 1)
        own = slice(one.offsets[row], one.offsets[row + 1])
        assert alone.matches[0] == one.matches[row]
        np.testing.assert_array_equal(alone.transforms[0], one.transforms[row])
        np.testing.assert_array_equal(alone.matched, one.matched[own])


class NamedParts(InMemoryParts):
    """Parts that remember their names."""

    def __init__(self):
        super().__init__()
        self.names = []

    def get_or_compute(self, name, compute):
        self.names.append(name)
        return super().get_or_compute(name, compute)


def test_a_part_holds_seconds_of_work(settings):
    store = store_of(*(picture(seed, 4) for seed in range(9)))
    pairs = np.array([(i, j) for i in range(9) for j in range(i + 1, 9)])
    parts = NamedParts()
    verify_pairs(store, pairs, verification(settings), 1, parts=parts)
    assert parts.names == ["pairs_0000000000", "pairs_0000000032"]


def test_parts_are_known_by_the_content_of_the_weights(settings, states, tmp_path):
    store, pairs = store_of(picture(0), picture(1)), np.array([(0, 1)])
    moved, other = tmp_path / "moved.pth", tmp_path / "other.pth"
    moved.write_bytes(Path(settings.weights).read_bytes())
    torch.save({**states["xfeat"], "input_proj.bias": torch.zeros(96)}, other)

    def known(**changes):
        return work_fingerprint(store, None, pairs, verification(settings.model_copy(update=changes)))

    assert known() == known(weights=str(moved))
    assert len({known(), known(weights=str(other)), known(min_score=0.1)}) == 3
    with pytest.raises(DataError, match="no weights at"):
        known(weights=str(tmp_path / "none.pth"))


def test_weights_that_do_not_fit_are_refused(states, settings, tmp_path):
    state = as_published(states["xfeat"])
    wrong = {
        "missing": {key: tensor for key, tensor in state.items() if not key.startswith("cross_attn.2")},
        "unexpected": {**state, "head.bias": torch.zeros(1)},
        "shape": {**state, "input_proj.bias": torch.zeros(5)},
    }
    expected = {
        "missing": r"12 missing, first transformers\.2\.cross_attn\.ffn\.0\.bias",
        "unexpected": r"1 unexpected, first head\.bias",
        "shape": r"1 of another shape, first input_proj\.bias",
    }
    for name, content in wrong.items():
        torch.save(content, tmp_path / f"{name}.pth")
        with pytest.raises(
            DataError, match=rf"{name}\.pth does not fit LightGlue of xfeat: {expected[name]}"
        ):
            LightGlueMatcher(settings.model_copy(update={"weights": str(tmp_path / f"{name}.pth")}))
    with pytest.raises(DataError, match="no weights at"):
        LightGlueMatcher(settings.model_copy(update={"weights": str(tmp_path / "none.pth")}))
    with pytest.raises(DataError, match=r"glue\.pth does not fit LightGlue of disk"):
        LightGlueMatcher(settings.model_copy(update={"features": "disk"}))


def test_nothing_is_downloaded(settings, monkeypatch):
    from kornia.feature import lightglue

    def fetch(*args, **kwargs):
        raise AssertionError("a download")

    monkeypatch.setattr(lightglue, "load_state_dict_from_url", fetch)
    assert not LightGlueMatcher(settings).network.training


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (picture(1, size=None), "p1 have no size of the picture"),
        (picture(1, dim=128), "p1 have 128 values a descriptor"),
    ],
)
def test_features_of_another_kind_are_refused(settings, given, found):
    store = LocalFeatureStore.pack(["p1"], [given])
    with pytest.raises(DataError, match=f"LightGlue of xfeat: local features of {found}, expected 64 values"):
        LightGlueMatcher(settings).prepare("p1", store.stored(0))


def geometry(features, matcher_of):
    return {
        "features": features,
        "verification": {
            "matching": GLUE.model_dump() | {"features": matcher_of},
            "consensus": CONSENSUS,
            "seed": 0,
        },
        "workers": 1,
    }


@pytest.mark.parametrize(
    ("features", "matcher_of", "found"),
    [
        (
            {"kind": "root_sift", "max_keypoints": 9, "max_side": 96, "contrast_threshold": 0.02},
            "aliked-n16",
            "root_sift",
        ),
        ({**FEATURES, "model": "aliked-n16rot"}, "aliked-n16", "aliked-n16rot"),
        (FEATURES, "disk", "xfeat"),
    ],
)
def test_a_matcher_of_other_features_is_refused_by_name(features, matcher_of, found):
    with pytest.raises(ValidationError, match=f"matches {matcher_of} features alone, features are {found}"):
        GeometrySettings.model_validate(geometry(features, matcher_of))


def test_keys_of_the_other_methods_are_refused():
    given = geometry(FEATURES, "xfeat")
    assert GeometrySettings.model_validate(given).verification.matching == GLUE
    given["verification"]["matching"]["ratio"] = 0.9
    with pytest.raises(ValidationError, match="ratio"):
        GeometrySettings.model_validate(given)


def test_without_the_library_the_extra_is_named(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "kornia", None)
    monkeypatch.delitem(sys.modules, "kornia.feature", raising=False)
    with pytest.raises(DataError, match="install the extra `extractors`"):
        LightGlueMatcher(settings)
