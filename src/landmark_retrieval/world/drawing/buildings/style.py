"""Styles of landmarks: kind of building, colours, proportions, ornament."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landmark_retrieval.world.drawing.sheet import Colour, blend, palette

STONES: dict[str, Colour] = {
    "limestone": (216, 203, 174),
    "sandstone": (200, 166, 122),
    "granite": (152, 150, 148),
    "basalt": (108, 102, 96),
    "red brick": (160, 84, 64),
    "yellow brick": (198, 170, 116),
    "brown brick": (128, 86, 66),
    "white": (234, 228, 217),
    "ochre": (220, 180, 104),
    "rose": (214, 160, 142),
    "mint": (170, 194, 170),
    "sky": (166, 184, 202),
    "terracotta": (194, 116, 84),
    "cream": (238, 222, 184),
    "concrete": (172, 170, 164),
}
_ROOFS = palette("5c626c 9e5844 7ca092 705444 4a4a50 8c6a58 b26e52")
_ACCENTS = palette("2e5c42 782824 2c426e 5e422c dcd6c8 464a4e 96783c 3c6e78")

# typology -> (materials, stones, window shapes, width, depth and height ranges in metres)
_TYPOLOGIES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[float, ...]]] = {
    "palace": (
        ("plaster", "ashlar"),
        ("white", "ochre", "rose", "sky", "limestone", "mint", "cream"),
        ("rectangle", "arch", "segment"),
        (26, 40, 14, 22, 12, 17),
    ),
    "town hall": (
        ("ashlar", "brick", "plaster"),
        ("sandstone", "red brick", "limestone", "yellow brick", "rose"),
        ("arch", "pointed", "rectangle", "twin"),
        (22, 32, 14, 20, 12, 16),
    ),
    "church": (
        ("ashlar", "rubble", "brick", "plaster"),
        ("limestone", "sandstone", "granite", "red brick", "white", "basalt"),
        ("pointed", "arch"),
        (13, 18, 26, 36, 13, 18),
    ),
    "cathedral": (
        ("ashlar", "ashlar", "brick"),
        ("limestone", "sandstone", "granite", "basalt", "terracotta"),
        ("pointed", "arch"),
        (20, 26, 34, 44, 18, 24),
    ),
    "domed hall": (
        ("ashlar", "plaster"),
        ("limestone", "white", "sandstone", "rose", "cream"),
        ("rectangle", "arch", "round"),
        (22, 30, 20, 28, 10, 14),
    ),
    "temple": (
        ("ashlar",),
        ("limestone", "white", "sandstone", "granite"),
        ("rectangle",),
        (16, 26, 24, 34, 9, 13),
    ),
    "castle": (
        ("rubble", "ashlar", "brick"),
        ("granite", "sandstone", "basalt", "limestone", "brown brick"),
        ("rectangle", "arch", "pointed"),
        (26, 38, 22, 30, 11, 16),
    ),
    "campanile": (
        ("brick", "ashlar", "plaster"),
        ("red brick", "limestone", "terracotta", "sandstone", "ochre"),
        ("arch", "twin", "pointed"),
        (7, 10, 7, 10, 34, 48),
    ),
    "half-timbered house": (
        ("timber",),
        ("white", "cream", "ochre", "rose"),
        ("rectangle",),
        (12, 18, 10, 14, 9, 12),
    ),
    "gabled house": (
        ("brick", "plaster", "ashlar"),
        ("red brick", "ochre", "rose", "sky", "mint", "terracotta", "brown brick"),
        ("rectangle", "arch", "segment"),
        (10, 15, 12, 18, 12, 16),
    ),
    "mosque": (
        ("ashlar", "plaster"),
        ("limestone", "white", "sandstone", "cream", "sky"),
        ("pointed", "arch"),
        (22, 28, 20, 26, 9, 12),
    ),
    "skyscraper": (
        ("panel",),
        ("concrete", "granite", "sky", "terracotta", "basalt"),
        ("rectangle",),
        (20, 28, 18, 24, 46, 64),
    ),
    "works": (
        ("brick",),
        ("red brick", "yellow brick", "brown brick"),
        ("arch", "segment", "rectangle"),
        (26, 36, 16, 22, 10, 13),
    ),
    "gate": (
        ("ashlar", "brick", "rubble"),
        ("sandstone", "limestone", "red brick", "granite"),
        ("rectangle", "arch"),
        (18, 24, 9, 12, 14, 19),
    ),
}
TYPOLOGIES = tuple(_TYPOLOGIES)
_ROOMS = {
    "palace": ("ballroom", "gallery", "library"),
    "town hall": ("library", "theatre", "ballroom"),
    "church": ("nave",),
    "cathedral": ("nave",),
    "domed hall": ("gallery", "theatre", "ballroom"),
    "temple": ("gallery", "nave"),
    "castle": ("ballroom", "library", "gallery"),
    "campanile": ("nave", "gallery"),
    "half-timbered house": ("library", "gallery"),
    "gabled house": ("gallery", "library"),
    "mosque": ("nave",),
    "skyscraper": ("concourse", "gallery"),
    "works": ("concourse", "theatre"),
    "gate": ("gallery", "ballroom"),
}


@dataclass(frozen=True)
class Style:
    """The look of one landmark; lengths in metres, colours RGB."""

    typology: str
    material: str
    window: str
    hood: str
    room: str
    wall: Colour
    trim: Colour
    roof: Colour
    accent: Colour
    glass: Colour
    second: Colour
    width: float
    depth: float
    height: float
    bay: float
    storey: float
    window_fill: tuple[float, float]
    panes: tuple[int, int]
    roof_pitch: float
    variant: int
    shutters: bool
    balconies: bool
    quoins: bool
    pilasters: bool
    ground: str
    seed: int


def _jittered(colour: Colour, rng: np.random.Generator, spread: float = 0.05) -> Colour:
    red, green, blue = np.clip(np.array(colour) * rng.normal(1, spread, 3), 12, 250).astype(int)
    return int(red), int(green), int(blue)


def _trim(wall: Colour, rng: np.random.Generator) -> Colour:
    light = (234, 227, 212) if sum(wall) < 560 or rng.random() < 0.3 else (190, 176, 150)
    return _jittered(blend(light, wall, rng.uniform(0.1, 0.55)), rng, 0.03)


def draw_style(family: list[int], own: list[int]) -> Style:
    """The style of a landmark.

    Args:
        family: Seed of what look-alike landmarks share (kind of building, colours, ornament).
        own: Seed of what is the landmark's alone (exact proportions, every detail).
    """
    rng = np.random.default_rng(family)
    style = _family_style(rng)
    rng = np.random.default_rng(own)
    return replace(
        style,
        width=style.width * rng.uniform(0.93, 1.07),
        depth=style.depth * rng.uniform(0.93, 1.07),
        height=style.height * rng.uniform(0.95, 1.05),
        bay=style.bay * rng.uniform(0.88, 1.12),
        seed=int(rng.integers(2**31)),
    )


def _family_style(rng: np.random.Generator) -> Style:
    typology = str(rng.choice(TYPOLOGIES))
    materials, stones, windows, (w0, w1, d0, d1, h0, h1) = _TYPOLOGIES[typology]
    material = str(rng.choice(materials))
    wall = _jittered(STONES[_fitting_stone(material, stones, rng)], rng)
    tall = typology in ("church", "cathedral", "campanile", "mosque")
    return Style(
        typology=typology,
        material=material,
        window=str(rng.choice(windows)),
        hood=str(rng.choice(["none", "flat", "triangle", "segment"])),
        room=str(rng.choice(_ROOMS[typology])),
        wall=wall,
        trim=_trim(wall, rng),
        roof=_jittered(_ROOFS[rng.integers(len(_ROOFS))], rng),
        accent=_jittered(_ACCENTS[rng.integers(len(_ACCENTS))], rng),
        glass=_jittered((52, 62, 74), rng, 0.2),
        second=_jittered(list(STONES.values())[rng.integers(len(STONES))], rng),
        width=rng.uniform(w0, w1),
        depth=rng.uniform(d0, d1),
        height=rng.uniform(h0, h1),
        bay=rng.uniform(3.0, 4.6) * (1.2 if tall else 1.0),
        storey=rng.uniform(6.5, 9.5) if tall else rng.uniform(3.8, 5.0),
        window_fill=(rng.uniform(0.36, 0.56), rng.uniform(0.5, 0.66)),
        panes=(int(rng.integers(1, 4)), int(rng.integers(2, 5))),
        roof_pitch=rng.uniform(0.45, 1.0),
        variant=int(rng.integers(3)),
        shutters=bool(rng.random() < 0.45) and not tall,
        balconies=bool(rng.random() < 0.3) and not tall,
        quoins=bool(rng.random() < 0.5),
        pilasters=bool(rng.random() < 0.35),
        ground=str(rng.choice(["square", "lawn", "street"])),
        seed=0,
    )


def _fitting_stone(material: str, stones: tuple[str, ...], rng: np.random.Generator) -> str:
    """Brick walls want the colour of brick, others do not."""
    brick = [
        stone for stone in stones if ("brick" in stone or stone == "terracotta") == (material == "brick")
    ]
    return str(rng.choice(brick or list(stones)))
