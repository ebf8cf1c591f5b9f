import sys

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.kornia_extractor import Kornia, KorniaSettings

pytestmark = pytest.mark.costly

SETTINGS = KorniaSettings(
    kind="kornia",
    model="disk",
    weights="weights.pth",
    max_keypoints=40,
    max_side=96,
    detection_threshold=0.0,
    threads=1,
)
WIDTHS = {"disk": 128, "aliked-t16": 64, "xfeat": 64}


def textured(height=72, width=96, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def feature():
    return pytest.importorskip("kornia.feature")


@pytest.fixture(scope="module")
def weights(feature, tmp_path_factory):
    """Random weights of each network, in files as their authors would publish them."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    networks = {
        "disk": feature.DISK(),
        "aliked-t16": feature.ALIKED("aliked-t16"),
        "xfeat": feature.XFeat().net,
    }
    for name, network in networks.items():
        left_out = ("num_batches_tracked", "hw_grid")
        state = {k: v for k, v in network.state_dict().items() if not k.endswith(left_out)}
        torch.save({"extractor": state} if name == "disk" else state, folder / f"{name}.pth")
    return folder


def extractor(folder, model, **changes):
    changed = {"model": model, "weights": str(folder / f"{model}.pth"), **changes}
    return Kornia(SETTINGS.model_copy(update=changed), torch.device("cpu"))


@pytest.mark.parametrize("model", WIDTHS)
def test_shapes_order_and_norms(weights, model):
    found = extractor(weights, model)(textured())
    assert 3 < len(found) <= 40
    assert found.descriptors.shape == (len(found), WIDTHS[model])
    assert {found.keypoints.dtype, found.descriptors.dtype, found.scores.dtype} == {np.dtype(np.float32)}
    assert (np.diff(found.scores) <= 0).all()
    assert (found.keypoints >= 0).all()
    assert (found.keypoints < [96, 72]).all()
    np.testing.assert_allclose(np.linalg.norm(found.descriptors, axis=1), 1, rtol=1e-5)


def test_what_is_found_is_what_the_library_finds(weights, feature):
    network = feature.DISK().eval()
    network.load_state_dict(torch.load(weights / "disk.pth", weights_only=True)["extractor"])
    pixels = torch.from_numpy(textured()).permute(2, 0, 1)[None] / 255
    with torch.inference_mode():
        alone = network(pixels, n=40, pad_if_not_divisible=True)[0]
    found = extractor(weights, "disk")(textured())
    order = np.argsort(-alone.detection_scores.numpy(), kind="stable")
    np.testing.assert_array_equal(found.keypoints, alone.keypoints.numpy()[order])
    np.testing.assert_array_equal(found.descriptors, alone.descriptors.numpy()[order])


@pytest.mark.parametrize("model", WIDTHS)
def test_keypoints_are_those_of_the_picture_scaled_to_its_bound(weights, model):
    found = extractor(weights, model, max_side=48)(textured())
    assert len(found)
    assert found.size == (48, 36)
    assert (found.keypoints < [48, 36]).all()


@pytest.mark.parametrize("model", WIDTHS)
@pytest.mark.parametrize("shape", [(31, 96, 3), (1, 1, 3), (32, 33, 3), (40, 50, 3)])
def test_flat_and_small_pictures_are_no_error(weights, model, shape):
    found = extractor(weights, model)(np.full(shape, 128, np.uint8))
    assert np.isfinite(found.descriptors).all()
    if min(shape[:2]) < 32:
        assert len(found) == 0


def test_the_fingerprint_is_of_the_weights_content_not_of_where_they_lie(weights, tmp_path, feature):
    first = extractor(weights, "xfeat")
    state = torch.load(weights / "xfeat.pth", weights_only=True)
    (tmp_path / "moved.pth").write_bytes((weights / "xfeat.pth").read_bytes())
    state["skip1.1.bias"] = state["skip1.1.bias"] + 1
    torch.save(state, tmp_path / "trained.pth")
    moved = extractor(weights, "xfeat", weights=str(tmp_path / "moved.pth"))
    others = [
        extractor(weights, "xfeat", weights=str(tmp_path / "trained.pth")),
        extractor(weights, "xfeat", max_keypoints=41),
        extractor(weights, "disk"),
    ]
    assert moved.fingerprint == first.fingerprint
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_threads_of_the_environment_have_no_effect(weights):
    network, found, before = extractor(weights, "aliked-t16"), [], torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(network(textured(360, 480)))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0].descriptors, other.descriptors)
        np.testing.assert_array_equal(found[0].keypoints, other.keypoints)


def test_safetensors_are_read_too(weights, tmp_path):
    state = torch.load(weights / "xfeat.pth", weights_only=True)
    save_file(state, tmp_path / "xfeat.safetensors")
    found = [
        extractor(weights, "xfeat", **w)(textured())
        for w in ({}, {"weights": f"{tmp_path}/xfeat.safetensors"})
    ]
    np.testing.assert_array_equal(found[0].descriptors, found[1].descriptors)


def test_weights_of_another_network_are_refused(weights, tmp_path):
    with pytest.raises(DataError, match=r"disk\.pth does not fit xfeat: \d+ missing, first block1"):
        extractor(weights, "xfeat", weights=str(weights / "disk.pth"))
    state = torch.load(weights / "xfeat.pth", weights_only=True)
    torch.save({**state, "head": torch.zeros(1)}, tmp_path / "more.pth")
    torch.save({**state, "skip1.1.bias": torch.zeros(5)}, tmp_path / "shape.pth")
    with pytest.raises(DataError, match=r"more\.pth does not fit xfeat: 1 unexpected, first head"):
        extractor(weights, "xfeat", weights=str(tmp_path / "more.pth"))
    with pytest.raises(DataError, match=r"1 of another shape, first skip1\.1\.bias"):
        extractor(weights, "xfeat", weights=str(tmp_path / "shape.pth"))
    with pytest.raises(DataError, match="no weights at"):
        extractor(weights, "xfeat", weights=str(tmp_path / "none.pth"))


def test_a_table_of_pictures_is_extracted(weights, tmp_path):
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), textured(seed=i)[:, :, ::-1])
    table = pd.DataFrame({"image_id": list("abc"), "path": [f"{i}.png" for i in range(3)]})
    network = extractor(weights, "disk")
    stream = extract_features(FileTree(tmp_path), table, network, 2, crop=False, work=tmp_path / "work")
    store = stream.save(tmp_path / "store")
    for row in range(3):
        found, alone = store.features(row), network(textured(seed=row))
        np.testing.assert_allclose(found.descriptors, alone.descriptors, atol=5e-4)
        np.testing.assert_array_equal(found.keypoints, alone.keypoints)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "kornia", None)
    monkeypatch.delitem(sys.modules, "kornia.feature", raising=False)
    with pytest.raises(DataError, match="install the extra `extractors`"):
        Kornia(SETTINGS, torch.device("cpu"))


@pytest.mark.parametrize(
    "change", [{"model": "sift"}, {"max_side": 5000}, {"max_keypoints": 0}, {"kind": "x"}]
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        KorniaSettings(**{**SETTINGS.model_dump(), **change})
