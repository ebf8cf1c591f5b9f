"""Versions of the training set, each with a manifest of its own."""

from __future__ import annotations

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

_ORIGINS = (
    "source",
    "published_from",
    "cleaned_from",
    "without_overlap_from",
    "withheld_from",
    "noise_from",
    "union_of",
)


class Variant(Settings):
    """A version of the training set, made in exactly one way.

    `source` takes what the source publishes, `published_from` what the source's own clean list keeps,
    `cleaned_from` what spatial verification keeps, `without_overlap_from` removes the landmarks of benchmarks
    that verification finds, `withheld_from` removes a share of the landmarks that the benchmarks' recognition
    solution names, `noise_from` gives a share of the images the label of another landmark, and `union_of`
    takes the images of several variants.
    """

    source: str | None = None
    published_from: str | None = None
    cleaned_from: str | None = None
    without_overlap_from: str | None = None
    withheld_from: str | None = None
    noise_from: str | None = None
    union_of: tuple[str, ...] = Field((), description="variants; the first one's landmark ids are kept")
    embedded_by: str | None = Field(None, description="model whose embeddings find the pairs to verify")
    against: tuple[str, ...] = Field((), description="benchmarks whose landmarks are removed")

    @model_validator(mode="after")
    def _one_origin(self) -> Variant:
        if sum(bool(getattr(self, origin)) for origin in _ORIGINS) != 1:
            raise ValueError(f"a variant has exactly one of {', '.join(_ORIGINS[:-1])} and {_ORIGINS[-1]}")
        if len(self.union_of) == 1 or len(set(self.union_of)) < len(self.union_of):
            raise ValueError("union_of: expected two variants or more, each once")
        if (self.embedded_by is not None) != bool(self.cleaned_from or self.without_overlap_from):
            raise ValueError(
                "embedded_by belongs to cleaned_from and without_overlap_from, and these need it"
            )
        if bool(self.against) != bool(self.without_overlap_from or self.withheld_from):
            raise ValueError("against belongs to without_overlap_from and withheld_from, and these need it")
        return self

    @property
    def parent(self) -> str | None:
        """The one variant that holds all images of this one."""
        return (
            self.published_from
            or self.cleaned_from
            or self.without_overlap_from
            or self.withheld_from
            or self.noise_from
        )

    @property
    def parents(self) -> tuple[str, ...]:
        """The variants this one is made from."""
        return self.union_of if self.parent is None else (self.parent,)
