from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models import extraction
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.models.pixels import resize_rgb, to_network
from landmark_retrieval.models.scales import embed_at_scales
from landmark_retrieval.parallel.one_thread import torch_threads

CPU = torch.device("cpu")
Photographs = tuple[FileTree, pd.DataFrame]


def one_by_one(model: EmbeddingModel, photographs: Photographs, settings: EmbeddingSettings) -> np.ndarray:
    files, table = photographs
    groups = settings.aspect_groups
    rows = []
    for row in table.itertuples():
        bgr = cv2.imread(str(files.path(row.path)))
        size = groups.sizes[int(groups.group_of(row.width, row.height))]
        pixels = resize_rgb(np.ascontiguousarray(bgr[..., ::-1]), size)[None]
        with torch.no_grad():
            rows.append(embed_at_scales(model, to_network(pixels, CPU), settings).numpy())
    return np.concatenate(rows)


@pytest.mark.parametrize("shard", [1, 3, 1024])
def test_rows_come_in_the_table_s_order(
    model: EmbeddingModel,
    photographs: Photographs,
    embedding_settings: EmbeddingSettings,
    monkeypatch: pytest.MonkeyPatch,
    shard: int,
) -> None:
    monkeypatch.setattr(extraction, "SHARD", shard)
    stream = extract(model, *photographs, embedding_settings, CPU)
    blocks = list(stream)
    embeddings = np.concatenate(blocks)
    assert stream.image_ids.tolist() == [f"image{i}" for i in range(7)]
    assert stream.shape == embeddings.shape == (7, 8)
    assert embeddings.dtype == np.float32
    assert [len(block) for block in blocks[:-1]] == [shard] * (len(blocks) - 1)
    np.testing.assert_allclose(embeddings, one_by_one(model, photographs, embedding_settings), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_permuting_the_table_permutes_the_rows(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    order = np.random.default_rng(0).permutation(len(table))
    straight = np.concatenate(list(extract(model, files, table, embedding_settings, CPU)))
    permuted = np.concatenate(list(extract(model, files, table.iloc[order], embedding_settings, CPU)))
    np.testing.assert_allclose(permuted, straight[order], atol=1e-5)


def test_a_stream_can_be_read_again_and_the_model_stays_as_it_is(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    model.train()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    stream = extract(model, *photographs, embedding_settings, CPU)
    first, again = np.concatenate(list(stream)), np.concatenate(list(stream))
    np.testing.assert_array_equal(first, again)
    assert model.training
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_a_query_box_is_all_that_is_seen(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    settings = embedding_settings.model_copy(update={"aspect_groups": None, "max_side": 512})
    bgr = cv2.imread(str(files.root / "0.png"))
    cv2.imwrite(str(files.root / "cropped.png"), bgr[10:50, 20:84])
    boxed = table.iloc[:2].assign(x1=[20.0, np.nan], y1=[10.0, np.nan], x2=[84.0, np.nan], y2=[50.0, np.nan])
    by_hand = table.iloc[:2].assign(path=["cropped.png", "1.png"], width=[64, 64], height=[40, 96])
    found = np.concatenate(list(extract(model, files, boxed, settings, CPU)))
    expected = np.concatenate(list(extract(model, files, by_hand, settings, CPU)))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_file_that_broke_meanwhile_is_named(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    (files.root / "3.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"3\.png"):
        list(extract(model, files, table, embedding_settings, CPU))


def test_an_interrupted_extraction_goes_on_where_it_stopped(
    model: EmbeddingModel,
    photographs: Photographs,
    embedding_settings: EmbeddingSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(extraction, "SHARD", 3)
    read: list[str] = []
    read_rgb = extraction.read_rgb
    monkeypatch.setattr(
        extraction, "read_rgb", lambda files, path: (read.append(path), read_rgb(files, path))[1]
    )
    stream = extract(model, *photographs, embedding_settings, CPU, tmp_path / "work")
    whole = np.concatenate(list(extract(model, *photographs, embedding_settings, CPU)))

    first = next(iter(stream))
    read.clear()
    again = np.concatenate(list(stream))

    assert len(first) == 3
    assert sorted(read) == sorted(photographs[1]["path"][3:])
    np.testing.assert_array_equal(again, whole)


def test_finished_batches_are_kept_within_a_block(
    model: EmbeddingModel,
    photographs: Photographs,
    embedding_settings: EmbeddingSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(extraction, "SAVE_SECONDS", 0.0)
    settings = embedding_settings.model_copy(update={"batch_size": 1, "workers": 1})
    whole = np.concatenate(list(extract(model, *photographs, settings, CPU)))
    embedded: list[int] = []
    embed = extraction.embed_at_scales

    def killed_at_the_fourth(*arguments: object) -> torch.Tensor:
        embedded.append(len(embedded))
        if len(embedded) == 4:
            raise KeyboardInterrupt
        return embed(*arguments)

    monkeypatch.setattr(extraction, "embed_at_scales", killed_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        list(extract(model, *photographs, settings, CPU, tmp_path / "work"))
    again = np.concatenate(list(extract(model, *photographs, settings, CPU, tmp_path / "work")))

    assert len(embedded) == 4 + len(whole) - 3
    np.testing.assert_array_equal(again, whole)


@pytest.mark.parametrize("others", [1, 3])
def test_threads_are_those_of_the_settings(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings, others: int
) -> None:
    settings = embedding_settings.model_copy(update={"threads": 2})
    seen: list[int] = []
    model.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    with torch_threads(others):
        whole = np.concatenate(list(extract(model, *photographs, settings, CPU)))
        assert torch.get_num_threads() == others
    assert set(seen) == {2}
    np.testing.assert_array_equal(np.concatenate(list(extract(model, *photographs, settings, CPU))), whole)


def test_a_photograph_that_changed_is_embedded_anew(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings, tmp_path: Path
) -> None:
    files, table = photographs
    before = np.concatenate(list(extract(model, files, table, embedding_settings, CPU, tmp_path / "work")))
    path = files.path(table["path"].iloc[2])
    cv2.imwrite(str(path), 255 - cv2.imread(str(path)))
    after = np.concatenate(list(extract(model, files, table, embedding_settings, CPU, tmp_path / "work")))

    assert np.flatnonzero((before != after).any(axis=1)).tolist() == [2]


def test_an_empty_table_gives_no_block(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    stream = extract(model, files, table.iloc[:0], embedding_settings, CPU)
    assert stream.shape == (0, 8)
    assert stream.image_ids.shape == (0,)
    assert list(stream) == []


def test_a_missing_column_is_named(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    files, table = photographs
    with pytest.raises(DataError, match="lack height, width"):
        extract(model, files, table.drop(columns=["width", "height"]), embedding_settings, CPU)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_agrees_with_the_cpu(
    model: EmbeddingModel, photographs: Photographs, embedding_settings: EmbeddingSettings
) -> None:
    on_cpu = np.concatenate(list(extract(model, *photographs, embedding_settings, CPU)))
    settings = embedding_settings.model_copy(update={"amp": True})
    on_gpu = np.concatenate(list(extract(model, *photographs, settings, torch.device("cuda"))))
    assert (on_cpu * on_gpu).sum(axis=1).min() > 0.99
