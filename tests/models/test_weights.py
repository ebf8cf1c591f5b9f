from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision
from torchvision.models import ResNet18_Weights

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.weights import load_into, read_backbone_state


def test_missing_and_unexpected_keys_are_named() -> None:
    backbone = Backbone("shufflenet_v2_x0_5")
    state = backbone.state_dict()
    del state["conv1.0.weight"]
    state["conv9.0.weight"] = torch.zeros(1)
    with pytest.raises(
        DataError,
        match=r"a file does not fit the Backbone: missing: conv1\.0\.weight; unexpected: conv9\.0\.weight",
    ):
        load_into(backbone, state, "a file")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save(torchvision.models.squeezenet1_1().state_dict(), path)
    state = read_backbone_state("shufflenet_v2_x0_5", str(path))
    with pytest.raises(DataError, match=r"unexpected: features\.0\.bias"):
        load_into(Backbone("shufflenet_v2_x0_5"), state, str(path))


def test_the_classifier_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(
        {"conv.weight": torch.ones(1), "classifier.1.bias": torch.ones(1), "fc.bias": torch.ones(1)}, path
    )
    assert list(read_backbone_state("resnet18", str(path))) == ["conv.weight"]


@torch.no_grad()
def test_weights_from_caffe_see_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    network = torchvision.models.squeezenet1_1().eval()
    torch.save(network.state_dict(), path)
    backbone = Backbone("squeezenet1_1").eval()
    load_into(backbone, read_backbone_state("squeezenet1_1", f"caffe:{path}"), str(path))
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    deviation = 255 * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    bgr = (images * deviation)[:, [2, 1, 0]]
    torch.testing.assert_close(backbone(images), network.features(bgr), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("gone.pth", None, "no weights at .*gone.pth"),
        ("broken.pth", b"not a pickle", "broken.pth cannot be read as weights"),
        ("broken.safetensors", b"\0", "broken.safetensors cannot be read as weights"),
        ("IMAGENET1K_V7", None, "torchvision weights of resnet18 .IMAGENET1K_V1"),
    ],
)
def test_unusable_weights_are_an_error(
    tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        read_backbone_state("resnet18", str(tmp_path / name))


def test_a_file_of_something_else_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "list.pt"
    torch.save([1, 2], path)
    with pytest.raises(DataError, match="does not hold a dictionary of named tensors"):
        read_backbone_state("resnet18", str(path))


def test_code_in_a_pickle_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save(torchvision.models.squeezenet1_1(), path)
    with pytest.raises(DataError, match="cannot be read as weights"):
        read_backbone_state("squeezenet1_1", str(path))


def test_a_failed_download_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(ResNet18_Weights, "get_state_dict", unreachable)
    with pytest.raises(DataError, match=r"'IMAGENET1K_V1' of resnet18: .*no network"):
        read_backbone_state("resnet18", "IMAGENET1K_V1")
