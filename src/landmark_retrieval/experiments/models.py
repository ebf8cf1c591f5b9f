"""Models: what turns photographs into embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError

PRETRAINED = "pretrained"
"""Name of the model of `params:model`, which training starts from."""

Section = Literal["model", "training", "embedding", "embedding_revisited"]
SECTIONS: tuple[Section, ...] = ("model", "training", "embedding", "embedding_revisited")
"""Parameters that a recipe may change."""


class Recipe(Settings):
    """An overlay over the common parameters of models, training and embedding.

    The loader lays it over them, so that nodes read `params:recipes.<name>.<section>` (`resolve_recipes`).
    """

    model: dict[str, Any] | None = None
    training: dict[str, Any] | None = None
    embedding: dict[str, Any] | None = None
    embedding_revisited: dict[str, Any] | None = None

    def changes(self, section: Section) -> bool:
        """Whether the recipe has settings of its own for a section."""
        return getattr(self, section) is not None


class Model(Settings):
    """A network trained on a variant, a network taken as it is, or embeddings read from files.

    Attributes:
        trained_on: variant; without it the network of `start` is taken as it is.
        start: model whose weights training starts from.
        recipe: one of `experiments.recipes`.
        vectors: source in whose folder the embeddings lie; there is no network then.
        voters: variants whose images vote for landmarks, each evaluated by itself; by default the one that
            the model was trained on.
    """

    trained_on: str | None = None
    start: str = PRETRAINED
    recipe: str | None = None
    vectors: str | None = None
    voters: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Model:
        if self.vectors is not None and self.model_fields_set & {"trained_on", "start", "recipe"}:
            raise ValueError("a model of vectors has no trained_on, start or recipe")
        if len(set(self.voting)) < len(self.voting):
            raise ValueError("voters: expected each variant once")
        return self

    @property
    def voting(self) -> tuple[str, ...]:
        """The variants that vote."""
        if self.voters is not None:
            return self.voters
        return () if self.trained_on is None else (self.trained_on,)


@dataclass(frozen=True)
class System:
    """What is evaluated: a model together with the variant whose images vote for landmarks.

    Attributes:
        name: the model's, with "-by-<voters>" for all but its first voters.
        model: name.
        voters: variant; None where no training set votes, and steps that need labels are left out.
        is_first: of its model; rankings that do not depend on labels are made for it alone.
    """

    name: str
    model: str
    voters: str | None
    is_first: bool


def systems_of(name: str, model: Model) -> list[System]:
    """The systems of a model, one for each variant that votes."""
    first, *others = model.voting or (None,)
    return [
        System(name, name, first, is_first=True),
        *(System(f"{name}-by-{voters}", name, voters, is_first=False) for voters in others),
    ]


def resolve_recipes(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters with `recipes`: the sections of every recipe, laid over the common ones.

    A recipe's mappings are merged key by key, anything else replaces what is there.

    Raises:
        DataError: there are such parameters already.
    """
    if "recipes" in parameters:
        raise DataError("parameter 'recipes': expected below 'experiments', where recipes are declared")
    recipes = parameters.get("experiments", {}).get("recipes") or {}
    resolved = {
        name: {
            section: _laid_over(parameters.get(section, {}), overlay)
            for section, overlay in sections.items()
            if overlay is not None
        }
        for name, sections in recipes.items()
        if isinstance(sections, dict)
    }
    return {**parameters, **({"recipes": resolved} if resolved else {})}


def _laid_over(defaults: Any, overlay: Any) -> Any:
    if not isinstance(defaults, dict) or not isinstance(overlay, dict):
        return overlay
    return defaults | {key: _laid_over(defaults.get(key), value) for key, value in overlay.items()}
