"""Sources of photographs, and the versions of the training set that are made from them."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.formats.registry import FORMATS, Format
from landmark_retrieval.metrics.families import FAMILIES, Family

PRETRAINED = "pretrained"
"""Name of the start model among the variants' models."""


class Source(Settings):
    """A collection of photographs in one of the known formats; its files are `<name>.raw`."""

    format: str
    release: str = Field(description="what is printed beside figures: whose photographs and ground truth")
    generated: bool = False
    judged_by: str | None = Field(None, description="protocol family, where the format leaves a choice")

    @field_validator("format")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in FORMATS:
            raise ValueError(f"unknown format {name!r}: expected one of {', '.join(sorted(FORMATS))}")
        return name

    @field_validator("judged_by")
    @classmethod
    def _fits_format(cls, name: str | None, info: ValidationInfo) -> str | None:
        known = FORMATS.get(info.data.get("format", ""))
        if name is not None and known is not None and name not in known.families:
            expected = " or ".join(known.families) or "none"
            raise ValueError(f"{known.name!r} is not judged by {name!r}: expected {expected}")
        return name

    @property
    def record(self) -> Format:
        """What the format holds."""
        return FORMATS[self.format]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all tables that are read from it."""
        truth = (self.family.truth,) if self.record.is_benchmark else ()
        return (*self.record.image_tables, *self.record.tables, *truth)

    @property
    def family(self) -> Family:
        """How rankings of a benchmark are judged."""
        return FAMILIES[self.judged_by or self.record.families[0]]


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
