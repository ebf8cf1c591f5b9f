"""Sky, clouds and the line of hills."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.camera import Camera
from landmark_retrieval.world.material import clouded
from landmark_retrieval.world.sheet import Colour, Image
from landmark_retrieval.world.weather import Weather

Field = NDArray[np.float32]
_FOREST: Colour = (92, 112, 84)


@cache
def _cloud_field() -> Field:
    """Noise `(1024, 1024)` without seams, the same for every world; photographs look at different places of it."""
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


def backdrop(camera: Camera, weather: Weather, ground: Field, hills: Field, rng: np.random.Generator) -> Image:
    """What lies behind everything: sky with clouds, hills, and plain ground below the horizon.

    Args:
        camera: The camera; the picture has its size.
        weather: Colours and cover.
        ground: Colour `(3,)` of the far ground in the light of the hour.
        hills: Heights (tangents) of the horizon at 64 azimuths around.
        rng: Where the clouds are.
    """
    import cv2

    shape = (max(2, camera.height // 2), max(2, camera.width // 2))
    x, y, z = _directions(camera, shape)
    level = np.sqrt(x * x + y * y) + 1e-6
    elevation = z / level
    picture = _mixed(weather.horizon, weather.zenith, np.clip(elevation * 1.1, 0, 1) ** 0.7)
    clouds = _clouds(x, y, np.maximum(z, 0.02 * level), weather, rng)
    picture += clouds[..., None] * (np.array(weather.cloud, np.float32) - picture)
    around = np.arctan2(x, y) * np.float32(32 / np.pi) + 32
    height = np.interp(around.ravel(), np.arange(65), np.append(hills, hills[0])).reshape(shape)
    haze = np.exp(-np.abs(elevation) * 9)[..., None]
    air = np.array(weather.horizon, np.float32) * (0.85 if not weather.night else 0.6)
    far = np.array(_FOREST, np.float32) * weather.standing().astype(np.float32)
    hidden = elevation < height
    picture[hidden] = (far + (0.35 + 0.35 * haze) * (air - far))[hidden]
    below = elevation < 0
    picture[below] = (ground + 0.75 * haze * (air - ground))[below]
    return cv2.resize(np.clip(picture, 0, 255).astype(np.uint8), (camera.width, camera.height), interpolation=cv2.INTER_LINEAR)


def _clouds(x: Field, y: Field, z: Field, weather: Weather, rng: np.random.Generator) -> Field:
    """Share of cloud per pixel: a flat layer of noise, seen from below."""
    import cv2

    start = rng.uniform(0, 1024, 2).astype(np.float32)
    reach = np.float32(rng.uniform(45, 90))
    seen = cv2.remap(_cloud_field(), x / z * reach + start[0], y / z * reach + start[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.clip((seen + (weather.cover - 0.5) * 3.2) * 0.75, 0, 0.95)
