import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.delf.extractor import Delf
from landmark_retrieval.local_features.delf.model import load_delf, save_delf
from landmark_retrieval.local_features.delf.settings import (
    DelfSettings,
    DelfTrainingSettings,
    KeypointSettings,
)
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.training.checkpoints import Checkpoints
from landmark_retrieval.training.delf.photographs import SquareCrops
from landmark_retrieval.training.delf.trainer import delf_training_fingerprint, train_delf

pytestmark = pytest.mark.costly

CPU = torch.device("cpu")
KEYPOINTS = KeypointSettings(max_keypoints=40, max_side=640, scales=(1.0, 1.5), min_score=0.0, amp=False)
SETTINGS = DelfTrainingSettings(
    hidden=16,
    side=96,
    crop=0.9,
    min_scale=0.6,
    epochs=6,
    batch_size=6,
    lr=0.05,
    weight_decay=1e-4,
    seed=3,
    amp=False,
    threads=1,
    workers=2,
    pca={"dim": 8, "images": 5, "keypoints": KEYPOINTS},
)


@pytest.fixture(scope="module")
def model():
    return EmbeddingModel(
        ModelSettings(
            backbone="shufflenet_v2_x0_5", weights=None, gem_p=3.0, gem_trainable=True, dim=8, seed=0
        )
    )


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Two landmarks that differ in how coarse they are and in colour."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(12):
        landmark = 70 + 5 * (i % 2)
        cells = 6 + 30 * (i % 2)
        small = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8) // [1, 1 + i % 2, 1]
        size = (130, 100) if i % 3 else (100, 140)
        cv2.imwrite(str(folder / f"{i}.png"), cv2.resize(small.astype(np.uint8), size))
        rows.append((f"image{i}", f"{i}.png", landmark))
    return FileTree(folder), pd.DataFrame(rows, columns=["image_id", "path", "landmark_id"])


@pytest.fixture(scope="module")
def trained(model, photographs):
    return train_delf(model, *photographs, SETTINGS, CPU)


def test_the_loss_falls_and_labels_are_learnt(trained):
    history = trained[1]
    assert history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0] - 0.05
    assert history["accuracy"].max() > 0.8
    assert (history["lr"].diff()[1:] < 0).all()


def test_the_backbone_does_not_change(model, trained):
    delf = trained[0]
    stages = dict(model.backbone.named_children())
    for stage, module in delf.trunk.named_children():
        for name, tensor in module.state_dict().items():
            assert torch.equal(tensor, stages[stage].state_dict()[name]), (stage, name)
    assert not delf.training


def test_the_same_seed_gives_the_same_model_and_another_another(model, photographs, trained):
    files, table = photographs
    few = SETTINGS.model_copy(update={"epochs": 2})
    one, again = (
        train_delf(model, files, table, few.model_copy(update={"workers": workers}), CPU)[0].state_dict()
        for workers in (1, 2)
    )
    for key, tensor in one.items():
        assert torch.equal(tensor, again[key]), key
    other = train_delf(model, files, table, few.model_copy(update={"seed": 4}), CPU)[0].state_dict()
    assert not torch.equal(one["attention.hidden.weight"], other["attention.hidden.weight"])


def test_interrupted_training_ends_as_if_it_had_not_been(model, photographs, trained, tmp_path):
    files, table = photographs
    checkpoints = Checkpoints(tmp_path, delf_training_fingerprint(model, table, SETTINGS))

    class Interrupted(Checkpoints):
        def save(self, state):
            super().save(state)
            if len(state["history"]) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_delf(model, files, table, SETTINGS, CPU, Interrupted(tmp_path, checkpoints.fingerprint))
    assert checkpoints.path.exists()
    resumed, history = train_delf(model, files, table, SETTINGS, CPU, checkpoints)
    for key, tensor in trained[0].state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[key]), key
    assert history["loss"].tolist() == trained[1]["loss"].tolist()
    assert not checkpoints.path.exists()


def test_the_fingerprint_of_training_knows_what_decides_it(model, photographs):
    table = photographs[1]
    same = delf_training_fingerprint(model, table, SETTINGS)
    assert same == delf_training_fingerprint(model, table, SETTINGS.model_copy(update={"workers": 1}))
    assert same == delf_training_fingerprint(model, table.sample(frac=1, random_state=1), SETTINGS)
    assert same != delf_training_fingerprint(model, table, SETTINGS.model_copy(update={"lr": 0.1}))
    assert same != delf_training_fingerprint(model, table.assign(landmark_id=1), SETTINGS)


def test_the_reduction_is_the_pca_of_what_the_sample_shows(photographs, trained):
    """Descriptors of all sampled keypoints are centred and their variances fall from the first on."""
    files, table = photographs
    delf = trained[0]
    every = SETTINGS.model_copy(update={"pca": SETTINGS.pca.model_copy(update={"images": 99})})
    from landmark_retrieval.images.reading import read_rgb
    from landmark_retrieval.local_features.delf.keypoints import find_keypoints
    from landmark_retrieval.training.delf.trainer import _sample

    assert _sample(table, every) == _sample(table.sample(frac=1, random_state=0), every)
    assert sorted(_sample(table, every)) == sorted(table["path"])
    paths = _sample(table, SETTINGS)
    assert len(set(paths)) == 5
    vectors = torch.cat([find_keypoints(delf, read_rgb(files, p), KEYPOINTS, CPU).vectors for p in paths])
    unit = torch.nn.functional.normalize(vectors).double().numpy()
    np.testing.assert_allclose(delf.reduction.mean, unit.mean(axis=0), atol=1e-6)
    variances = ((unit - unit.mean(axis=0)) @ delf.reduction.components.numpy().T).var(axis=0)
    expected = np.linalg.eigvalsh(np.cov(unit.T, bias=True))[::-1][:8]
    np.testing.assert_allclose(variances, expected, rtol=1e-3)


def test_crops_are_squares_of_one_size_that_seed_and_epoch_decide(photographs):
    files, table = photographs
    crops, again = (SquareCrops(files, t, SETTINGS) for t in (table, table.sample(frac=1, random_state=1)))
    assert crops.steps_per_epoch == 2
    assert crops.landmark_ids.tolist() == [70, 75]
    sides = set()
    for epoch in range(6):
        for (pixels, labels), (others, same) in zip(crops.epoch(epoch), again.epoch(epoch), strict=True):
            np.testing.assert_array_equal(pixels, others)
            np.testing.assert_array_equal(labels, same)
            assert pixels.shape[1] == pixels.shape[2]
            sides.add(pixels.shape[1])
    assert sides == {64, 80, 96}


def test_every_photograph_is_seen_with_its_label(photographs):
    files, table = photographs
    seen = [label for _, labels in SquareCrops(files, table, SETTINGS).epoch(0) for label in labels.tolist()]
    assert sorted(seen) == [0] * 6 + [1] * 6
    many = SETTINGS.model_copy(update={"batch_size": 50})
    assert [len(labels) for _, labels in SquareCrops(files, table, many).epoch(0)] == [12]


def test_what_cannot_be_trained_on_is_an_error(model, photographs):
    files, table = photographs
    with pytest.raises(DataError, match="lack landmark_id"):
        train_delf(model, files, table.drop(columns="landmark_id"), SETTINGS, CPU)
    with pytest.raises(DataError, match="2 landmarks: found 12 of 1"):
        train_delf(model, files, table.assign(landmark_id=1), SETTINGS, CPU)
    wide = SETTINGS.model_copy(update={"pca": SETTINGS.pca.model_copy(update={"dim": 97})})
    with pytest.raises(DataError, match="descriptors of 97 dimensions from a map of 96 channels"):
        train_delf(model, files, table, wide, CPU)


def test_features_of_a_saved_model_are_the_same(photographs, trained, tmp_path):
    save_delf(trained[0], tmp_path)
    settings = DelfSettings(kind="delf", threads=1, **KEYPOINTS.model_dump())
    first, loaded = (Delf(model, settings, CPU) for model in (trained[0], load_delf(tmp_path)))
    image = cv2.imread(str(photographs[0].path("0.png")))
    np.testing.assert_array_equal(first(image).descriptors, loaded(image).descriptors)
    np.testing.assert_array_equal(first(image).keypoints, loaded(image).keypoints)
    assert first.fingerprint == loaded.fingerprint
