"""Styles of landmarks: kind of building, colours, proportions, ornament."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landmark_retrieval.world.drawing.sheet import Colour, blend, palette

_STONE_NAMES = (
    "limestone, sandstone, granite, basalt, red brick, yellow brick, brown brick, white, ochre, rose, "
    "mint, sky, terracotta, cream, concrete"
)
_STONE_COLOURS = palette(
    "d8cbae c8a67a 989694 6c6660 a05440 c6aa74 805642 eae4d9 dcb468 d6a08e aac2aa a6b8ca c27454 eedeb8 acaaa4"
)
STONES = dict(zip(_STONE_NAMES.split(", "), _STONE_COLOURS, strict=True))
_ROOFS = palette("5c626c 9e5844 7ca092 705444 4a4a50 8c6a58 b26e52")
_ACCENTS = palette("2e5c42 782824 2c426e 5e422c dcd6c8 464a4e 96783c 3c6e78")

# typology: materials, rooms; ranges of width, depth and height in metres
_TYPOLOGIES = {
    "palace": ("plaster ashlar", "ballroom gallery library", (26, 40, 14, 22, 12, 17)),
    "town hall": ("ashlar brick plaster", "library theatre ballroom", (22, 32, 14, 20, 12, 16)),
    "church": ("ashlar rubble brick plaster", "nave", (13, 18, 26, 36, 13, 18)),
    "cathedral": ("ashlar ashlar brick", "nave", (20, 26, 34, 44, 18, 24)),
    "domed hall": ("ashlar plaster", "gallery theatre ballroom", (22, 30, 20, 28, 10, 14)),
    "temple": ("ashlar", "gallery nave", (16, 26, 24, 34, 9, 13)),
    "castle": ("rubble ashlar brick", "ballroom library gallery", (26, 38, 22, 30, 11, 16)),
    "campanile": ("brick ashlar plaster", "nave gallery", (7, 10, 7, 10, 34, 48)),
    "half-timbered house": ("timber", "library gallery", (12, 18, 10, 14, 9, 12)),
    "gabled house": ("brick plaster ashlar", "gallery library", (10, 15, 12, 18, 12, 16)),
    "mosque": ("ashlar plaster", "nave", (22, 28, 20, 26, 9, 12)),
    "skyscraper": ("panel", "concourse gallery", (20, 28, 18, 24, 46, 64)),
    "works": ("brick", "concourse theatre", (26, 36, 16, 22, 10, 13)),
    "gate": ("ashlar brick rubble", "gallery ballroom", (18, 24, 9, 12, 14, 19)),
}
# typology: shapes of windows, stones
_WALLS = {
    "palace": ("rectangle arch segment", "white, ochre, rose, sky, limestone, mint, cream"),
    "town hall": ("arch pointed rectangle twin", "sandstone, red brick, limestone, yellow brick, rose"),
    "church": ("pointed arch", "limestone, sandstone, granite, red brick, white, basalt"),
    "cathedral": ("pointed arch", "limestone, sandstone, granite, basalt, terracotta"),
    "domed hall": ("rectangle arch round", "limestone, white, sandstone, rose, cream"),
    "temple": ("rectangle", "limestone, white, sandstone, granite"),
    "castle": ("rectangle arch pointed", "granite, sandstone, basalt, limestone, brown brick"),
    "campanile": ("arch twin pointed", "red brick, limestone, terracotta, sandstone, ochre"),
    "half-timbered house": ("rectangle", "white, cream, ochre, rose"),
    "gabled house": ("rectangle arch segment", "red brick, ochre, rose, sky, mint, terracotta, brown brick"),
    "mosque": ("pointed arch", "limestone, white, sandstone, cream, sky"),
    "skyscraper": ("rectangle", "concrete, granite, sky, terracotta, basalt"),
    "works": ("arch segment rectangle", "red brick, yellow brick, brown brick"),
    "gate": ("rectangle arch", "sandstone, limestone, red brick, granite"),
}
TYPOLOGIES = tuple(_TYPOLOGIES)


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
    style, rng = _family_style(np.random.default_rng(family)), np.random.default_rng(own)
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
    materials, rooms, (w0, w1, d0, d1, h0, h1) = _TYPOLOGIES[typology]
    windows, stones = _WALLS[typology]
    material = str(rng.choice(materials.split()))
    wall = _jittered(STONES[_fitting_stone(material, stones.split(", "), rng)], rng)
    tall = typology in ("church", "cathedral", "campanile", "mosque")
    return Style(
        typology=typology,
        material=material,
        window=str(rng.choice(windows.split())),
        hood=str(rng.choice(["none", "flat", "triangle", "segment"])),
        room=str(rng.choice(rooms.split())),
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


def _fitting_stone(material: str, stones: list[str], rng: np.random.Generator) -> str:
    """Brick walls want the colour of brick, others do not."""
    fitting = [name for name in stones if ("brick" in name or name == "terracotta") == (material == "brick")]
    return str(rng.choice(fitting or stones))
