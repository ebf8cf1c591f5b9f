"""The experiments of the current run."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments.experiments import Experiments

logger = logging.getLogger(__name__)

_OF_A_VARIANT = ("cleaning", "overlap", "withholding", "label_noise")

_Settings = TypeVar("_Settings", bound=BaseModel)

_chosen: ContextVar[Experiments] = ContextVar("experiments")


def choose(parameters: dict[str, Any]) -> None:
    """Take the experiments of a run's parameters, environment and command line included.

    Raises:
        DataError: they are not valid.
    """
    _chosen.set(_valid(Experiments, parameters["experiments"], "experiments"))
    for recipe, sections in parameters.get("recipes", {}).items():
        for section, values in sections.items():
            _valid(_settings_of(section), values, f"recipes.{recipe}.{section}")
    for system in chosen().systems.values():
        if left_out := [a for a in chosen().ablations if a not in chosen().ablations_of(system)]:
            logger.info("%s: no training set votes, left out %s", system.name, ", ".join(left_out))


def _settings_of(section: str) -> type[BaseModel]:
    from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
    from landmark_retrieval.training.settings import TrainingSettings

    special: dict[str, type[BaseModel]] = {"model": ModelSettings, "training": TrainingSettings}
    return special.get(section, EmbeddingSettings)


def _valid(settings: type[_Settings], values: Any, name: str) -> _Settings:
    try:
        return settings.model_validate(values)
    except ValidationError as error:
        faults = (".".join(map(str, (name, *e["loc"]))) + ": " + e["msg"] for e in error.errors())
        raise DataError("; ".join(faults)) from error


def are_chosen() -> bool:
    """Whether the experiments of this run are known."""
    return _chosen.get(None) is not None


def chosen() -> Experiments:
    """The experiments of this run."""
    return _chosen.get()


def refuse_unknown(parameters: dict[str, Any], chosen: Experiments, defaults: Collection[str]) -> None:
    """Refuse parameters that no pipeline reads; those below a typed one are checked with it.

    Args:
        parameters: of a run, environment and command line included.
        chosen: its experiments; a variant has its own settings, a source may take its folder from the
            command line.
        defaults: names of the parameters in `conf/base`.

    Raises:
        DataError: a mistyped name.
    """
    known = {*defaults, "recipes", *chosen.variants, *chosen.sources}
    unknown = [name for name in parameters if name not in known]
    for variant in chosen.variants:
        own = parameters.get(variant) or {}
        unknown += [f"{variant}.{name}" for name in own if name not in _OF_A_VARIANT]
    if unknown:
        raise DataError(
            f"parameter {unknown[0]!r} is read by nothing: expected one of {', '.join(sorted(known))}, "
            f"or {' or '.join(_OF_A_VARIANT)} below a variant"
        )
