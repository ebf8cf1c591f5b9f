import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.training.checkpoints import Checkpoints, training_fingerprint
from landmark_retrieval.training.schedule import learning_rate
from landmark_retrieval.training.settings import TrainingSettings
from landmark_retrieval.training.trainer import train

CPU = torch.device("cpu")
Photographs = tuple[FileTree, pd.DataFrame]


class Interrupted(Checkpoints):
    """Pulls the plug after the second epoch's checkpoint."""

    def save(self, state: dict[str, Any]) -> None:
        super().save(state)
        if len(state["history"]) == 2:
            raise KeyboardInterrupt


def test_learning_nothing_is_told(
    model: EmbeddingModel,
    photographs: Photographs,
    settings: TrainingSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loss = settings.loss.model_copy(update={"scale": 10.0, "margin": 0.1})
    learning = settings.model_copy(update={"epochs": 12, "batch_size": 7, "loss": loss})
    train(model, *photographs, learning, CPU)
    assert "hardly above guessing" not in caplog.text
    train(model, *photographs, learning.model_copy(update={"epochs": 1, "lr": 1e-9, "lr_min": 0.0}), CPU)
    assert "epochs ended at an accuracy of" in caplog.text
    assert "hardly above guessing (0.333)" in caplog.text


def same(a: EmbeddingModel, b: EmbeddingModel) -> bool:
    ours, theirs = a.state_dict(), b.state_dict()
    return all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_learns_to_tell_landmarks_apart(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    loss = settings.loss.model_copy(update={"scale": 10.0, "margin": 0.1})
    settings = settings.model_copy(update={"epochs": 12, "batch_size": 7, "loss": loss})
    trained, history = train(model, *photographs, settings, CPU)
    assert history["loss"].iloc[-1] < 0.3 * history["loss"].iloc[0]
    assert history["accuracy"].iloc[-1] > 0.9
    assert not trained.training


def test_history_has_a_row_per_epoch(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    _, history = train(model, *photographs, settings, CPU)
    assert list(history.columns) == ["epoch", "loss", "accuracy", "lr", "images_per_second"]
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["lr"].tolist() == pytest.approx([learning_rate(step, 9, settings) for step in (2, 5, 8)])
    assert history["accuracy"].between(0, 1).all()
    assert (history["images_per_second"] > 0).all()


def test_iterations_end_in_the_middle_of_an_epoch_and_are_the_same_in_whole_ones(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    by_epochs, _ = train(model, *photographs, settings, CPU)
    whole = settings.model_copy(update={"epochs": None, "iterations": 9})
    by_iterations, _ = train(model, *photographs, whole, CPU)
    assert same(by_epochs, by_iterations)
    _, history = train(model, *photographs, whole.model_copy(update={"iterations": 7}), CPU)
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history["lr"].tolist() == pytest.approx([learning_rate(step, 7, settings) for step in (2, 5, 6)])


@pytest.mark.parametrize("amp", [False, True])
def test_two_runs_are_bit_identical_and_leave_the_start_alone(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings, amp: bool
) -> None:
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    settings = settings.model_copy(update={"amp": amp})
    first, _ = train(model, *photographs, settings, CPU)
    torch.rand(5)
    again, _ = train(model, *photographs, settings.model_copy(update={"workers": 1}), CPU)
    assert same(first, again)
    assert not same(first, model)
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_global_random_state_is_left_alone(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    train(model, *photographs, settings, CPU)
    assert torch.equal(torch.rand(4), expected)


def test_the_seed_matters(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    first, _ = train(model, *photographs, settings, CPU)
    other, _ = train(model, *photographs, settings.model_copy(update={"seed": 1}), CPU)
    assert not same(first, other)


def test_interrupted_and_resumed_is_as_if_uninterrupted(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings, tmp_path: Path
) -> None:
    files, table = photographs
    fingerprint = training_fingerprint(model, table, settings)
    folder = tmp_path / "checkpoints"
    with pytest.raises(KeyboardInterrupt):
        train(model, files, table, settings, CPU, Interrupted(folder, fingerprint))
    checkpoints = Checkpoints(folder, fingerprint)
    saved = checkpoints.load()
    assert saved is not None
    resumed, resumed_history = train(model, files, table, settings, CPU, checkpoints)
    whole, whole_history = train(model, files, table, settings, CPU)
    assert same(resumed, whole)
    assert resumed_history["images_per_second"].tolist()[:2] == [
        row["images_per_second"] for row in saved["history"]
    ]
    compared = ["epoch", "loss", "accuracy", "lr"]
    pd.testing.assert_frame_equal(resumed_history[compared], whole_history[compared], check_exact=True)
    assert not checkpoints.path.exists()


@pytest.mark.parametrize("length", [{"epochs": 0}, {"epochs": None, "iterations": 0}])
def test_no_steps_return_the_model_unchanged(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings, length: dict[str, int | None]
) -> None:
    trained, history = train(model, *photographs, settings.model_copy(update=length), CPU)
    assert same(trained, model)
    assert history.empty
    assert list(history.columns) == ["epoch", "loss", "accuracy", "lr", "images_per_second"]


def test_a_damaged_photograph_is_named(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    files, table = photographs
    for path in table["path"]:
        (files.root / path).write_bytes(b"")
    with pytest.raises(DataError, match=r"\d+\.png: empty"):
        train(model, files, table, settings, CPU)


def test_a_loss_that_is_no_number_stops_training(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    with torch.no_grad():
        model.projection[0].weight[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match="the loss is nan in epoch 1/3"):
        train(model, *photographs, settings, CPU)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_the_gpu_two_runs_are_bit_identical(
    model: EmbeddingModel, photographs: Photographs, settings: TrainingSettings
) -> None:
    settings = settings.model_copy(update={"amp": True})
    first, history = train(model, *photographs, settings, torch.device("cuda"))
    again, _ = train(model, *photographs, settings, torch.device("cuda"))
    assert same(first, again)
    assert {tensor.device.type for tensor in first.state_dict().values()} == {"cpu"}
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
