"""Wall materials: brick, ashlar, rubble, panels, plaster, timber; and traces of weather."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.sheet import Colour, Sheet, tone

Tones = NDArray[np.float32]

# material -> course height (m), block length (m), spread of block tones, joint darkening
_MASONRY = {
    "brick": (0.34, 0.9, 0.13, 0.80),
    "ashlar": (0.62, 1.5, 0.085, 0.78),
    "rubble": (0.50, 0.75, 0.15, 0.72),
    "panel": (1.9, 2.8, 0.05, 0.70),
}


def clouded(height: int, width: int, cell: float, rng: np.random.Generator, octaves: int = 3) -> Tones:
    """Smooth noise `(height, width)` float32 of roughly unit spread, its largest lumps `cell` pixels wide."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = cell / 2**octave
        grid = rng.standard_normal((int(height / size) + 2, int(width / size) + 2), np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(0.6**octave)
    return total


def _courses(
    size: tuple[int, int], course: float, length: float, rng: np.random.Generator
) -> tuple[Tones, NDArray[np.bool_]]:
    """Random tones of blocks laid in courses, and where the joints are; `course` and `length` in pixels."""
    height, width = size
    rows = int(height / course) + 2
    columns = int(width / length * 1.4) + 4
    ends = np.cumsum(rng.uniform(0.6, 1.4, (rows, columns)) * length, axis=1)
    ends -= rng.uniform(0.3, 1.0, (rows, 1)) * length
    values = rng.standard_normal((rows, columns + 1), np.float32)
    x = np.arange(width)
    lines = np.empty((rows, width), np.float32)
    seams = np.zeros((rows, width), bool)
    for row in range(rows):
        block = np.searchsorted(ends[row], x)
        lines[row] = values[row, block]
        seams[row, 1:] = block[1:] != block[:-1]
    which = (np.arange(height) / course).astype(int)
    joints = seams[which]
    joints[1:] |= (which[1:] != which[:-1])[:, None]
    return lines[which], joints


def _tinted(colour: Colour, tones: Tones, warmth: Tones | float = 0.0) -> NDArray[np.uint8]:
    """`colour` scaled by `1 + tones`, redder where `warmth` is positive."""
    picture = np.empty((*tones.shape, 3), np.float32)
    for channel, (value, lean) in enumerate(zip(colour, (1.0, 0.15, -1.0), strict=True)):
        picture[..., channel] = value * (1 + tones + lean * warmth)
    return np.clip(picture, 0, 255).astype(np.uint8)


def masonry(sheet: Sheet, colour: Colour, material: str) -> None:
    """Cover the sheet with blocks of stone or brick, each of its own tone."""
    course, length, spread, joint = _MASONRY[material]
    course, length = max(4.0, course * sheet.scale), max(6.0, length * sheet.scale)
    size = cast(tuple[int, int], sheet.image.shape[:2])
    blocks, joints = _courses(size, course, length, sheet.rng)
    tones = spread * blocks + 0.04 * clouded(*size, 40, sheet.rng)
    tones[joints] = joint - 1
    sheet.image[:] = _tinted(colour, tones, blocks * (spread * 0.25))


def plaster(sheet: Sheet, colour: Colour) -> None:
    """Cover the sheet with plaster, blotched and patched."""
    size = cast(tuple[int, int], sheet.image.shape[:2])
    tones = 0.045 * clouded(*size, 70, sheet.rng, 4) + 0.02 * sheet.rng.standard_normal(size, np.float32)
    sheet.image[:] = _tinted(colour, tones)
    for _ in range(int(sheet.rng.integers(1, 5))):
        _fallen_patch(sheet, colour)


def _fallen_patch(sheet: Sheet, colour: Colour) -> None:
    """A place where the plaster has come off or was mended."""
    angle = np.linspace(0, 2 * np.pi, 11, endpoint=False)
    radius = sheet.rng.uniform(0.35, 1.1) * sheet.rng.uniform(0.6, 1.3, 11)
    centre = sheet.rng.uniform([0, 0], [sheet.width, sheet.height])
    outline = centre + np.stack([np.cos(angle) * 1.4, np.sin(angle)], 1) * radius[:, None]
    sheet.polygon(outline, tone(colour, sheet.rng.uniform(0.74, 1.14)))


def timber(sheet: Sheet, colour: Colour, beam: Colour) -> None:
    """Plaster between dark beams: posts, rails and braces."""
    plaster(sheet, colour)
    bay, storey = 1.9, 2.7
    for level in np.arange(0, sheet.height + storey, storey):
        sheet.line(0, level, sheet.width, level, beam, 0.26)
    for left in np.arange(0, sheet.width + 0.1, bay):
        sheet.line(left, 0, left, sheet.height, beam, 0.22)
        for top in np.arange(0, sheet.height, storey):
            lean = sheet.rng.choice([-1, 0, 0, 1, 2])
            if lean in (-1, 2):
                sheet.line(left, top, left + bay, top + storey, beam, 0.18)
            if lean in (1, 2):
                sheet.line(left + bay, top, left, top + storey, beam, 0.18)


def weathered(sheet: Sheet, strength: float) -> None:
    """Streaks below the edges, lumps of dirt, and a dark foot."""
    height, width = sheet.image.shape[:2]
    streaks = cv2.resize(clouded(6, width, 9, sheet.rng, 2), (width, height), interpolation=cv2.INTER_LINEAR)
    dirt = 0.045 * streaks + 0.055 * clouded(height, width, 90, sheet.rng, 3)
    foot = np.clip(1 - (height - np.arange(height)) / (1.6 * sheet.scale), 0, 1).astype(np.float32)
    sheet.multiply(np.clip(1 + strength * dirt - 0.22 * foot[:, None], 0.4, 1.3))


def mottle(sheet: Sheet, strength: float, cell: float) -> None:
    """Make the sheet lighter and darker in lumps of `cell` pixels."""
    height, width = sheet.image.shape[:2]
    sheet.multiply(1 + strength * clouded(height, width, cell, sheet.rng))


def clad(sheet: Sheet, colour: Colour, material: str, beam: Colour) -> None:
    """Cover the sheet with the given material; `beam` colours the timber."""
    if material in _MASONRY:
        masonry(sheet, colour, material)
    elif material == "timber":
        timber(sheet, colour, beam)
    else:
        plaster(sheet, colour)
