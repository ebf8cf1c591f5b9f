"""Model folders: `model.safetensors` beside the `config.json` that describes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from safetensors.torch import load, save
from torch import Tensor

from landmark_retrieval.errors import DataError
from landmark_retrieval.storage.atomic_write import atomic_write

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"

_Settings = TypeVar("_Settings", bound=BaseModel)


def write_model(
    folder: Path, settings: BaseModel, tensors: Mapping[str, Tensor], kind: str | None = None
) -> None:
    """Write settings and weights (by their names in the network), each atomically.

    The folder is created if missing; `kind` of model is None for embedding models.
    """
    weights = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    config = {"settings": settings.model_dump(), "sha256": hashlib.sha256(weights).hexdigest()}
    text = json.dumps(config if kind is None else {"kind": kind, **config}, indent=2) + "\n"
    for name, content in ((WEIGHTS_FILE, weights), (CONFIG_FILE, text.encode())):
        with atomic_write(folder / name) as partial:
            partial.write_bytes(content)


def read_model(
    folder: Path, settings: type[_Settings], kind: str | None = None
) -> tuple[_Settings, dict[str, Tensor]]:
    """Settings and tensors that `write_model` wrote.

    Raises:
        DataError: a file is missing, the two do not belong together, or they describe another kind of model.
    """
    path, config = folder / WEIGHTS_FILE, folder / CONFIG_FILE
    found, checksum = _read_config(config, settings, kind)
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    weights = path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != checksum:
        raise DataError(
            f"{path} is not the file that {CONFIG_FILE} describes: its sha256 should be {checksum}"
        )
    return found, load(weights)


def _read_config(path: Path, settings: type[_Settings], kind: str | None) -> tuple[_Settings, str]:
    try:
        config = json.loads(path.read_text())
        if config.get("kind") != kind:
            raise ValueError(f"expected kind {kind!r}, found {config.get('kind')!r}")
        return settings(**config["settings"]), str(config["sha256"])
    except FileNotFoundError as error:
        raise DataError(f"no model in {path.parent}: {path.name} is missing") from error
    except (AttributeError, KeyError, TypeError, ValueError, ValidationError) as error:
        raise DataError(f"{path} does not describe a model of {settings.__name__}: {error}") from error
