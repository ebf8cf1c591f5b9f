"""Weather of a photograph: colours of the sky, and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.sheet import Colour, palette
from landmark_retrieval.world.drawing.solid import Points

# name: colours of zenith, horizon and clouds, share of cloud, sun, ambient, tint of the sun, chance
_KINDS = {
    "clear": ("3a68ac a0c0de fafafa", 0.12, 0.60, 0.52, (1.06, 1.0, 0.9), 0.28),
    "fair": ("4e78b4 aec4d8 f0f1f3", 0.45, 0.48, 0.58, (1.05, 1.0, 0.92), 0.27),
    "overcast": ("929ba6 c0c5ca d6d9dc", 0.85, 0.10, 0.82, (0.98, 1.0, 1.03), 0.19),
    "stormy": ("545e6e a8aeb4 969ca6", 0.75, 0.20, 0.70, (0.96, 1.0, 1.04), 0.07),
    "sunset": ("5c6296 f6b278 f4aa8c", 0.45, 0.62, 0.46, (1.22, 0.92, 0.68), 0.10),
    "night": ("0c1026 2e2e46 2a2c3e", 0.35, 0.00, 1.00, (1.0, 1.0, 1.0), 0.09),
}


@dataclass(frozen=True)
class Weather:
    """Colours of the sky, and the light of one photograph; directions in the world."""

    kind: str
    zenith: Colour
    horizon: Colour
    cloud: Colour
    cover: float
    sun: float
    ambient: float
    tint: NDArray[np.float64]
    to_sun: Points

    @property
    def night(self) -> bool:
        """Whether lamps are lit."""
        return self.kind == "night"

    def light(self, normal: Points) -> NDArray[np.float64]:
        """Factors for red, green and blue of a face with this normal."""
        if self.night:
            return np.ones(3)
        direct = self.sun * max(0.0, float(normal @ self.to_sun))
        sky = self.ambient * (0.86 + 0.14 * normal[2])
        return direct * self.tint + sky * np.array([0.97, 1.0, 1.05])

    def on_ground(self) -> NDArray[np.float64]:
        """Factors for the ground."""
        return self.light(np.array([0.0, 0.0, 1.0])) * (0.42 if self.night else 1.0)

    def standing(self) -> NDArray[np.float64]:
        """Factors for upright figures (people, trees)."""
        if self.night:
            return np.array([0.30, 0.30, 0.36])
        return (0.55 * self.sun) * self.tint + self.ambient * np.array([0.97, 1.0, 1.04])


def draw_weather(rng: np.random.Generator, harsh: bool) -> Weather:
    """The weather of a photograph; `harsh` makes dusk, night and storm more frequent."""
    chances = np.array([row[-1] for row in _KINDS.values()])
    if harsh:
        chances = chances * np.array([0.5, 0.5, 0.8, 2.5, 2.5, 4.0])
    kind = str(rng.choice(list(_KINDS), p=chances / chances.sum()))
    colours, cover, sun, ambient, tint, _ = _KINDS[kind]
    zenith, horizon, cloud = palette(colours)
    azimuth = rng.uniform(-1.9, 1.9)
    height = rng.uniform(0.25, 0.4) if kind == "sunset" else rng.uniform(0.5, 1.1)
    to_sun = np.array([np.sin(azimuth) * np.cos(height), -np.cos(azimuth) * np.cos(height), np.sin(height)])
    cover = float(np.clip(cover + rng.normal(0, 0.12), 0, 1))
    return Weather(kind, zenith, horizon, cloud, cover, sun, ambient, np.array(tint), to_sun)
