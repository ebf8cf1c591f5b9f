"""Photographs of the world: what each shows, its JPEG, and the box around the building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np

from landmark_retrieval.world.drawing import viewpoint
from landmark_retrieval.world.drawing.buildings.style import Style, draw_style
from landmark_retrieval.world.drawing.camera import Camera, bounding_box
from landmark_retrieval.world.drawing.development import develop
from landmark_retrieval.world.drawing.irrelevant import irrelevant_picture
from landmark_retrieval.world.drawing.scene import Landmark, indoors, outdoors
from landmark_retrieval.world.drawing.weather import draw_weather

_OVERSAMPLING = 2  # the picture is drawn this much larger, so that edges come out smooth


@dataclass(frozen=True)
class Photograph:
    """What a photograph shows.

    Attributes:
        landmark: The landmark's number in the world; -1 where there is none.
        family: What look-alike landmarks have in common.
        view: `exterior`, `interior`, `detail`, `distractor` (a building seen once) or `irrelevant`.
        difficulty: `easy`, `hard`, `junk`, or empty for no particular one.
        seed: Seed of everything that is this photograph's alone.
    """

    landmark: int
    family: int
    view: str
    difficulty: str
    seed: int

    @classmethod
    def of_row(cls, row: Mapping[Any, Any]) -> Self:
        """The photograph of a row of the world's plan."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


def landmark_style(world_seed: int, landmark: int, family: int) -> Style:
    """The style of a landmark of the world."""
    return draw_style([world_seed, 1, family], [world_seed, 2, landmark])


@lru_cache(maxsize=2)
def _landmark(world_seed: int, landmark: int, family: int, long_side: int) -> Landmark:
    return Landmark(landmark_style(world_seed, landmark, family), long_side / 256)


def _camera(photograph: Photograph, landmark: Landmark, size: tuple[int, int]) -> Camera:
    """The camera, for a picture of `size` (width, height); scaling the size only scales the picture."""
    rng = np.random.default_rng([photograph.seed, 1])
    if photograph.view == "interior":
        return viewpoint.inside(landmark.room, photograph.difficulty, size, rng)
    if photograph.view == "detail":
        return viewpoint.close_up(landmark.style, landmark.extent, size, rng)
    return viewpoint.outside(landmark.style, landmark.extent, photograph.difficulty, size, rng)


def _size(photograph: Photograph, long_side: int) -> tuple[int, int]:
    return viewpoint.draw_size(long_side, np.random.default_rng([photograph.seed, 0]))


def render_photograph(photograph: Photograph, world_seed: int, long_side: int) -> bytes:
    """The JPEG of a photograph, `long_side` pixels long; the same bytes in every call."""
    size = _size(photograph, long_side)
    large = size[0] * _OVERSAMPLING, size[1] * _OVERSAMPLING
    rng = np.random.default_rng([photograph.seed, 2])
    hard = photograph.difficulty in ("hard", "junk")
    if photograph.view == "irrelevant":
        return develop(irrelevant_picture(large, rng), size, hard, rng)
    landmark = _landmark(world_seed, photograph.landmark, photograph.family, long_side)
    camera = _camera(photograph, landmark, large)
    if photograph.view == "interior":
        lamp = rng.uniform(0.8, 1.08) * np.exp(rng.normal(0.02, 0.045) * np.array([1.0, 0.0, -1.3]))
        return develop(indoors(landmark, camera, lamp, 1.5, rng), size, hard, rng)
    crowd = 9.0 if hard else 3.5
    return develop(outdoors(landmark, camera, draw_weather(rng, hard), crowd, rng), size, hard, rng)


def building_box(photograph: Photograph, world_seed: int, long_side: int) -> list[float]:
    """The box `x1, y1, x2, y2` in pixels around the building (or the whole room), from its geometry."""
    width, height = _size(photograph, long_side)
    if photograph.view == "interior":
        return [0.0, 0.0, float(width), float(height)]
    landmark = _landmark(world_seed, photograph.landmark, photograph.family, long_side)
    camera = _camera(photograph, landmark, (width, height))
    box = bounding_box(camera, [face.corners for face in landmark.faces])
    return [round(float(value), 1) for value in box]
