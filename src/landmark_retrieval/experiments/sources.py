"""Sources: collections of photographs or embeddings with their lists and ground truth."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.formats.registry import FORMATS, Format
from landmark_retrieval.metrics.families import FAMILIES, Family


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
