"""DELF models on disk: `model.safetensors` beside the `config.json` that says what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.weights import CONFIG_FILE, WEIGHTS_FILE, load_into

KIND = "delf"


def save_delf(model: DelfModel, folder: Path) -> None:
    """Write a model with its trunk to `folder`, in float32, each file whole or not at all."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    weights = save({key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()})
    config = {
        "kind": KIND,
        "settings": model.settings.model_dump(),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    _write(folder / WEIGHTS_FILE, weights)
    _write(folder / CONFIG_FILE, (json.dumps(config, indent=2) + "\n").encode())


def load_delf(folder: Path) -> DelfModel:
    """The model that `save_delf` wrote, on the CPU, in evaluation mode; nothing is downloaded.

    Raises:
        DataError: a file is missing, or they do not belong together, or describe another kind of model.
    """
    from safetensors.torch import load

    settings, checksum = _read_config(folder / CONFIG_FILE)
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    weights = path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != checksum:
        raise DataError(
            f"{path} is not the file that {CONFIG_FILE} describes: its sha256 should be {checksum}"
        )
    model = DelfModel(settings, Backbone(settings.backbone))
    load_into(model, load(weights), source=str(folder))
    return model.eval()


def _read_config(path: Path) -> tuple[DelfModelSettings, str]:
    try:
        config = json.loads(path.read_text())
        if config.get("kind") != KIND:
            raise DataError(f"{path} describes no DELF model: expected kind {KIND!r}")
        return DelfModelSettings(**config["settings"]), str(config["sha256"])
    except FileNotFoundError as error:
        raise DataError(f"no DELF model in {path.parent}: {path.name} is missing") from error
    except (AttributeError, json.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{path} does not describe a DELF model: {error}") from error


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)
