"""Pairs of manifests to be compared."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from landmark_retrieval.configuration import Settings

_BUILD = re.compile(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z")


class Side(Settings):
    """A manifest: the newest of a variant, or that of one of its builds."""

    variant: str
    build: str | None

    def dataset(self, kind: str) -> str:
        """Name of an artefact of this side, such as its `manifest`."""
        return self.built(f"{self.variant}.{kind}")

    def built(self, name: str) -> str:
        """Name of an artefact as it is newest, or as the build left it."""
        return name if self.build is None else f"builds.{self.build}.{name}"

    def __str__(self) -> str:
        return self.variant if self.build is None else f"{self.variant}@{self.build}"


class Audit(Settings):
    """Two manifests to be compared, of two variants or of two builds.

    Raises:
        ValueError: what follows an `@` is no build.
    """

    before: str = Field(description="variant, or variant@build")
    after: str = Field(description="variant, or variant@build")
    effects: bool = Field(True, description="figures and near-duplicates, too; false: manifests alone")
    systems: tuple[()] | tuple[str, str] = Field(
        (), description="whose figures; by default of the first models trained on the two variants"
    )

    @field_validator("before", "after")
    @classmethod
    def _names_a_build(cls, side: str) -> str:
        _, at, build = side.partition("@")
        if at and _BUILD.fullmatch(build) is None:
            raise ValueError(f"{side!r}: expected a build such as 2026-01-31T12.00.00.000Z after the '@'")
        return side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both manifests, `before` first."""
        return _side(self.before), _side(self.after)


def _side(text: str) -> Side:
    variant, _, build = text.partition("@")
    return Side(variant=variant, build=build or None)
