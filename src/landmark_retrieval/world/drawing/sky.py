"""Sky, clouds and the line of hills."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.buildings.material import clouded
from landmark_retrieval.world.drawing.camera import Camera
from landmark_retrieval.world.drawing.sheet import Colour, Image
from landmark_retrieval.world.drawing.weather import Weather

Field = NDArray[np.float32]
_FOREST: Colour = (92, 112, 84)


@cache
def _cloud_field() -> Field:
    """Noise `(1024, 1024)` without seams; every photograph looks at another place of it."""
    quarter = clouded(512, 512, 128, np.random.default_rng(512), 6)
    half = np.concatenate([quarter, quarter[::-1]])
    return np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))


def _directions(camera: Camera, shape: tuple[int, int]) -> tuple[Field, Field, Field]:
    """World directions of the pixels of a coarser picture, unnormalised: x, y, z, each `shape`."""
    step_y, step_x = camera.height / shape[0], camera.width / shape[1]
    x = ((np.arange(shape[1]) + 0.5) * step_x - camera.width / 2) / camera.focal
    y = ((np.arange(shape[0]) + 0.5) * step_y - camera.height / 2) / camera.focal
    right, down, forward = camera.axes
    parts = [x[None, :] * right[i] + (y[:, None] * down[i] + forward[i]) for i in range(3)]
    return parts[0].astype(np.float32), parts[1].astype(np.float32), parts[2].astype(np.float32)


def _mixed(first: Colour, second: Colour, share: Field) -> Field:
    start, end = np.array(first, np.float32), np.array(second, np.float32)
    return start + share[..., None] * (end - start)


@dataclass(frozen=True)
class Horizon:
    """What closes the view, by azimuth in equal steps around.

    Attributes:
        hills: Tangents of the heights of far hills, `(steps,)`.
        town: The same of houses or woods before them, `(steps,)`.
        colours: Of those houses or woods, `(steps, 3)` RGB.
    """

    hills: Field
    town: Field
    colours: Field


def backdrop(
    camera: Camera, weather: Weather, ground: Field, horizon: Horizon, rng: np.random.Generator
) -> Image:
    """Sky with clouds, hills, a far town, and far ground of the colour `ground` `(3,)` in this light."""
    shape = (max(2, camera.height // 2), max(2, camera.width // 2))
    x, y, z = _directions(camera, shape)
    level = np.sqrt(x * x + y * y) + 1e-6
    elevation = z / level
    upwards = np.clip(elevation * 1.1, 0, 1).astype(np.float32) ** 0.7
    picture = _mixed(weather.horizon, weather.zenith, upwards)
    clouds = _clouds(x, y, np.maximum(z, 0.02 * level), weather, rng)
    picture += clouds[..., None] * (np.array(weather.cloud, np.float32) - picture)
    low = elevation < max(horizon.hills.max(), horizon.town.max())
    picture[low] = _land(picture[low], elevation[low], np.arctan2(x[low], y[low]), weather, ground, horizon)
    size = camera.width, camera.height
    return np.asarray(cv2.resize(np.clip(picture, 0, 255).astype(np.uint8), size), np.uint8)


def _land(
    sky: Field, elevation: Field, azimuth: Field, weather: Weather, ground: Field, horizon: Horizon
) -> Field:
    """Colours `(n, 3)` of directions near and below the horizon, the farther the hazier."""
    steps = len(horizon.hills)
    step = ((azimuth / np.float32(2 * np.pi) + 0.5) * steps).astype(np.int32) % steps
    air = np.array(weather.horizon, np.float32) * np.float32(0.6 if weather.night else 0.85)
    light = weather.standing().astype(np.float32)
    haze = np.exp(-14 * np.abs(elevation))[:, None]
    hills = np.array(_FOREST, np.float32) * light
    town = horizon.colours * light
    hazy = hills + (0.35 + 0.35 * haze) * (air - hills)
    colours = np.where((elevation < horizon.hills[step])[:, None], hazy, sky)
    colours = np.where((elevation < horizon.town[step])[:, None], (town + 0.4 * (air - town))[step], colours)
    return np.where((elevation < 0)[:, None], ground + 0.6 * haze * (air - ground), colours)


def _clouds(x: Field, y: Field, z: Field, weather: Weather, rng: np.random.Generator) -> Field:
    """Share of cloud per pixel: a flat layer of noise, seen from below."""
    start = rng.uniform(0, 1024, 2).astype(np.float32)
    reach = np.float32(rng.uniform(45, 90))
    across, along = x / z * reach + start[0], y / z * reach + start[1]
    seen = cv2.remap(_cloud_field(), across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.clip((seen + (weather.cover - 0.5) * 3.2) * 0.75, 0, 0.95)
