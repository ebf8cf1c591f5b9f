from pathlib import Path

import pandas as pd
import pytest
import torch

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.training.checkpoints import Checkpoints, training_fingerprint
from landmark_retrieval.training.settings import TrainingSettings

STATE = {"history": [{"epoch": 1, "loss": 0.5}], "model": {"weight": torch.arange(3.0)}}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "folder", "abc")
    checkpoints.save(STATE)
    loaded = checkpoints.load()
    assert loaded is not None
    assert loaded["history"] == STATE["history"]
    assert torch.equal(loaded["model"]["weight"], torch.arange(3.0))
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["checkpoint.pt"]


def test_nothing_saved_is_nothing_loaded(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "folder", "abc").load() is None


def test_another_fingerprint_is_not_resumed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Checkpoints(tmp_path, "abc").save(STATE)
    assert Checkpoints(tmp_path, "abd").load() is None
    assert "belongs to other photographs" in caplog.text


def test_a_broken_file_is_not_resumed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkpoints = Checkpoints(tmp_path, "abc")
    checkpoints.path.write_bytes(b"half a file")
    assert checkpoints.load() is None
    assert "cannot be read" in caplog.text


def test_cleared_is_gone(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "abc")
    checkpoints.save(STATE)
    checkpoints.clear()
    checkpoints.clear()
    assert checkpoints.load() is None


def test_the_fingerprint_follows_what_decides_the_result(
    model: EmbeddingModel, photographs: tuple[FileTree, pd.DataFrame], settings: TrainingSettings
) -> None:
    _, table = photographs
    start = training_fingerprint(model, table, settings)
    assert training_fingerprint(model, table.copy(), settings.model_copy(update={"workers": 7})) == start
    changed = [
        training_fingerprint(model, table.iloc[::-1], settings),
        training_fingerprint(model, table.iloc[1:], settings),
        training_fingerprint(model, table.assign(landmark_id=table["landmark_id"] + 1), settings),
        training_fingerprint(model, table, settings.model_copy(update={"seed": 1})),
    ]
    with torch.no_grad():
        model.projection[0].bias[0] += 1e-6
    changed.append(training_fingerprint(model, table, settings))
    assert len({start, *changed}) == 6
