import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models import region_extraction
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.models.pixels import resize_rgb, to_network
from landmark_retrieval.models.region_extraction import describe_regions, extract_regions
from landmark_retrieval.models.regions import rmac_grid

CPU = torch.device("cpu")
Photographs = tuple[FileTree, pd.DataFrame]


@pytest.fixture(scope="module")
def trained_model() -> EmbeddingModel:
    """A model whose normalisation has seen something, so that the projection matters."""
    model = EmbeddingModel(
        ModelSettings(
            backbone="shufflenet_v2_x0_5", weights=None, gem_p=3.0, gem_trainable=True, dim=8, seed=0
        )
    )
    model.projection[1].running_mean.copy_(torch.linspace(-1, 1, 8))
    return model.eval()


@pytest.mark.parametrize("dim", [8, None])
def test_a_region_is_described_as_if_it_were_the_whole_map(model_settings: ModelSettings, dim) -> None:
    model = EmbeddingModel(model_settings.model_copy(update={"dim": dim})).eval()
    maps = torch.rand(2, model.backbone.channels, 4, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = describe_regions(model, maps, levels=2)
        regions = rmac_grid(4, 6, 2)
        assert found.shape == (2, len(regions), model.dim)
        for r, (top, left, height, width) in enumerate(regions):
            cut = maps[:, :, top : top + height, left : left + width].contiguous()
            expected = functional.normalize(model.projection(model.gem(cut)))
            torch.testing.assert_close(found[:, r], expected, atol=1e-5, rtol=0)


def test_what_the_grid_repeats_is_described_once(trained_model: EmbeddingModel) -> None:
    maps = torch.rand(1, trained_model.backbone.channels, 6, 6)
    with torch.no_grad():
        found = describe_regions(trained_model, maps, levels=3)
    assert found.shape[1] == len(set(rmac_grid(6, 6, 3))) == len(rmac_grid(6, 6, 3)) - 1


@pytest.mark.parametrize("shard", [1, 3, 256])
def test_photographs_come_in_the_table_s_order(
    trained_model: EmbeddingModel,
    photographs: Photographs,
    embedding_settings: EmbeddingSettings,
    monkeypatch: pytest.MonkeyPatch,
    shard: int,
) -> None:
    monkeypatch.setattr(region_extraction, "SHARD", shard)
    files, table = photographs
    stream = extract_regions(trained_model, files, table, embedding_settings, 2, CPU)
    assert stream.shape == (7, 8)
    groups = embedding_settings.aspect_groups
    for row, found in zip(table.itertuples(), stream, strict=True):
        size = groups.sizes[int(groups.group_of(row.width, row.height))]
        bgr = cv2.imread(str(files.path(row.path)))
        pixels = resize_rgb(np.ascontiguousarray(bgr[..., ::-1]), size)[None]
        with torch.no_grad():
            maps = trained_model.backbone(to_network(pixels, CPU))
            expected = describe_regions(trained_model, maps, 2)[0]
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_the_first_region_is_the_embedding_at_scale_one(
    trained_model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    settings = embedding_settings.model_copy(update={"scales": (1.0,)})
    regions = extract_regions(trained_model, *photographs, settings, 3, CPU)
    embeddings = np.concatenate(list(extract(trained_model, *photographs, settings, CPU)))
    np.testing.assert_allclose([found[0] for found in regions], embeddings, atol=1e-5)


def test_a_query_box_is_all_that_is_seen(
    trained_model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    settings = embedding_settings.model_copy(update={"aspect_groups": None, "max_side": 512})
    bgr = cv2.imread(str(files.root / "0.png"))
    cv2.imwrite(str(files.root / "cropped.png"), bgr[0:64, 0:64])
    boxed = table.iloc[:2].assign(x1=[0.0, np.nan], y1=[0.0, np.nan], x2=[64.0, np.nan], y2=[64.0, np.nan])
    by_hand = table.iloc[:2].assign(path=["cropped.png", "1.png"], width=[64, 64], height=[64, 96])
    found = list(extract_regions(trained_model, files, boxed, settings, 2, CPU))
    expected = list(extract_regions(trained_model, files, by_hand, settings, 2, CPU))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_stream_can_be_read_again_and_the_model_stays_as_it_is(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    model.train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    stream = extract_regions(model, *photographs, embedding_settings, 1, CPU)
    for first, again in zip(list(stream), stream, strict=True):
        np.testing.assert_array_equal(first, again)
    assert model.training
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_what_is_wrong_is_said_before_anything_is_read(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    with pytest.raises(DataError, match="lack height, width"):
        extract_regions(model, files, table[["path"]], embedding_settings, 3, CPU)
    with pytest.raises(DataError, match="levels of regions"):
        extract_regions(model, files, table, embedding_settings, 0, CPU)
    assert list(extract_regions(model, files, table.iloc[:0], embedding_settings, 3, CPU)) == []


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_agrees_with_the_cpu(
    trained_model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    on_cpu = extract_regions(trained_model, *photographs, embedding_settings, 3, CPU)
    settings = embedding_settings.model_copy(update={"amp": True})
    on_gpu = extract_regions(trained_model, *photographs, settings, 3, torch.device("cuda"))
    for one, other in zip(on_cpu, on_gpu, strict=True):
        assert (one * other).sum(axis=1).min() > 0.98
