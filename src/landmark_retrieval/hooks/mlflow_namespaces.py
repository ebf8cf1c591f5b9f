"""Namespaces that have an MLflow run of their own: variants and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmark_retrieval.experiments.models import Model, systems_of


@dataclass(frozen=True)
class Namespace:
    """A variant, or a model with those who vote for it.

    Attributes:
        level: "variant" or "model".
        tags: of the run: `variant`, the training set, and of a model `model` and `voters`.
        manifests: variants whose manifests stand behind the run, by the prefix of the tags with their
            fingerprint and version: "manifest" for the training set, "voters" for those who vote.
    """

    level: str
    tags: dict[str, str]
    manifests: dict[str, str]


def namespaces_of(experiments: dict[str, Any]) -> dict[str, Namespace]:
    """The namespaces of the `experiments` parameters."""
    variants = {
        name: Namespace("variant", {"variant": name}, {"manifest": name})
        for name in experiments.get("variants", ())
    }
    return variants | {
        name: namespace
        for model, entry in experiments.get("models", {}).items()
        for name, namespace in _of_model(model, Model.model_validate(entry)).items()
    }


def _of_model(name: str, model: Model) -> dict[str, Namespace]:
    namespaces = {}
    for system in systems_of(name, model):
        voters = {} if system.voters is None else {"voters": system.voters}
        tags, manifests = {"model": name}, {}
        if model.trained_on is not None:
            tags["variant"] = manifests["manifest"] = model.trained_on
        namespaces[system.name] = Namespace("model", tags | voters, manifests | voters)
    return namespaces
