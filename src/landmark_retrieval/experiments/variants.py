"""Sources of photographs, and the versions of the training set that are made from them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

PRETRAINED = "pretrained"
"""Name of the start model among the variants' models."""


class Source(Settings):
    """A collection of photographs in one of the known formats; its files are `<name>.raw`."""

    format: Literal["gldv1", "gldv2", "revisited", "photo_folder"]
    release: str = Field(description="what is printed beside figures: whose photographs and ground truth")
    generated: bool = False

    @property
    def has_train(self) -> bool:
        """Whether the format holds a training split."""
        return self.format != "revisited"

    @property
    def is_benchmark(self) -> bool:
        """Whether the format holds an index, queries and their ground truth."""
        return self.format != "gldv1"

    @property
    def names_landmarks(self) -> bool:
        """Whether the ground truth says which landmark of the training split a query shows."""
        return self.is_benchmark and self.has_train


class Variant(Settings):
    """A version of the training set: as its source gives it, cleaned, or rid of a benchmark's landmarks.

    `published_from` keeps what the source's own clean list keeps, `cleaned_from` what verification keeps,
    `without_overlap_from` removes a benchmark's landmarks found by verification, `withheld_from` a share of
    those that the benchmark's recognition solution names.
    """

    source: str | None = None
    published_from: str | None = None
    cleaned_from: str | None = None
    without_overlap_from: str | None = None
    withheld_from: str | None = None
    embedded_by: str | None = Field(None, description="variant whose model embeds what is to be cleaned")
    against: tuple[str, ...] = Field((), description="benchmarks whose landmarks must not be trained on")
    start: str = Field(PRETRAINED, description="variant whose model the training starts from")

    @model_validator(mode="after")
    def _one_origin(self) -> Variant:
        if sum(origin is not None for origin in (self.source, *self._origins)) != 1:
            raise ValueError(
                "a variant has exactly one of source, published_from, cleaned_from, without_overlap_from and "
                "withheld_from"
            )
        if (self.embedded_by is None) != (self.cleaned_from is None):
            raise ValueError("embedded_by belongs to cleaned_from, and the other way round")
        if bool(self.against) != (self.without_overlap_from is not None or self.withheld_from is not None):
            raise ValueError("against belongs to without_overlap_from and withheld_from, and these need it")
        return self

    @property
    def parent(self) -> str | None:
        """The variant this one is made from."""
        return next((origin for origin in self._origins if origin is not None), None)

    @property
    def _origins(self) -> tuple[str | None, ...]:
        return self.published_from, self.cleaned_from, self.without_overlap_from, self.withheld_from
