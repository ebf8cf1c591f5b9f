"""Camera positions: outside the building, close up, and inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.world.drawing.buildings.room import Room
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.camera import Camera, look_at
from landmark_retrieval.world.drawing.solid import Face

# width and height as shares of the long side: the five shapes of photographs
_SHAPES = ((1.0, 0.75), (1.0, 0.668), (0.875, 0.875), (0.75, 1.0), (0.668, 1.0))
_SHAPE_CHANCES = (0.36, 0.2, 0.1, 0.22, 0.12)


@dataclass(frozen=True)
class Extent:
    """Size of a building: half its largest ground measure, and its height, metres."""

    reach: float
    height: float


def extent(faces: list[Face]) -> Extent:
    """The extent of a building."""
    points = np.concatenate([face.corners for face in faces])
    return Extent(float(np.abs(points[:, :2]).max()), float(points[:, 2].max()))


def draw_size(long_side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Width and height of a photograph in pixels, one of five shapes."""
    width, height = _SHAPES[int(rng.choice(len(_SHAPES), p=_SHAPE_CHANCES))]
    return round(long_side * width), round(long_side * height)


def _azimuth(style: Style, difficulty: str, rng: np.random.Generator) -> float:
    """Degrees from the front; most people stand where the view is best, at the landmark's own corner."""
    favourite = np.random.default_rng([style.seed, 5]).choice([-1, 1]) * (14 + style.seed % 24)
    if difficulty == "hard":
        return float(favourite + rng.choice([-1, 1]) * rng.uniform(40, 80))
    return float(favourite + rng.normal(0, 11 if difficulty == "easy" else 19))


def _fill(difficulty: str, rng: np.random.Generator) -> float:
    """Share of the picture that the building takes."""
    if difficulty == "junk":
        return float(rng.uniform(0.1, 0.2))
    if difficulty == "hard":
        return float(rng.choice([rng.uniform(0.3, 0.55), rng.uniform(0.9, 1.5)]))
    return float(np.clip(rng.lognormal(-0.08, 0.2), 0.55, 1.4))


def outside(
    style: Style, size: Extent, difficulty: str, pixels: tuple[int, int], rng: np.random.Generator
) -> Camera:
    """A camera that takes in the building from the ground, as far away as its share of the picture asks."""
    angle = np.radians(_azimuth(style, difficulty, rng))
    focal = max(pixels) * rng.uniform(0.85, 1.25)
    fill = _fill(difficulty, rng)
    across = style.width * abs(np.cos(angle)) + style.depth * abs(np.sin(angle))
    nearness = max(size.height / (fill * pixels[1]), 1.05 * across / (fill * pixels[0]))
    distance = focal * nearness + 0.3 * style.depth
    nearest = size.reach * 1.15 + 5
    focal *= max(1.0, nearest / distance)
    distance = max(distance, nearest)
    eye = rng.uniform(1.5, 2.2) if rng.random() < 0.82 else rng.uniform(4, 0.5 * size.height)
    position = np.array([distance * np.sin(angle), -distance * np.cos(angle), eye])
    spread = size.height * (0.07 if difficulty != "junk" else 0.8)
    lateral = rng.normal(0, spread)
    aim = size.height * 0.45 + rng.normal(0, 0.6 * spread if difficulty != "junk" else 0.1)
    target = np.array([lateral * np.cos(angle), lateral * np.sin(angle), aim])
    return look_at(position, target, np.radians(rng.normal(0, 2.2)), focal, pixels)


def close_up(style: Style, size: Extent, pixels: tuple[int, int], rng: np.random.Generator) -> Camera:
    """A camera with a long lens on a part of the front."""
    angle = np.radians(np.clip(_azimuth(style, "", rng), -48, 48))
    distance = size.reach + rng.uniform(14, 28)
    position = np.array([distance * np.sin(angle), -distance * np.cos(angle), rng.uniform(1.5, 5)])
    side = rng.uniform(-0.32, 0.32) * style.width
    target = np.array([side, -style.depth / 2, style.height * rng.uniform(0.35, 0.8)])
    wide = style.width * rng.uniform(0.35, 0.6)
    focal = max(pixels) * distance / wide
    return look_at(position, target, np.radians(rng.normal(0, 3)), focal, pixels)


def inside(room: Room, difficulty: str, pixels: tuple[int, int], rng: np.random.Generator) -> Camera:
    """A camera in the room, mostly near the door and facing its far end."""
    focal = max(pixels) * rng.uniform(0.58, 0.85)
    back = rng.random() < (0.6 if difficulty == "hard" else 0.1)
    along = rng.uniform(0.03, 0.38)
    eye = rng.uniform(1.5, 2.1) if rng.random() < 0.8 else 0.4 * room.height
    position = np.array([rng.normal(0, 0.13) * room.width, room.depth * (1 - along if back else along), eye])
    position[0] = np.clip(position[0], -0.33 * room.width, 0.33 * room.width)
    side, level = rng.normal(0, 0.22) * room.width, room.height * rng.uniform(0.3, 0.5)
    aim = np.array([side, 0.0 if back else room.depth, level])
    return look_at(position, aim, np.radians(rng.normal(0, 1.8)), focal, pixels)
