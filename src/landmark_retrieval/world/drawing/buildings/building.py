"""Geometry of each kind of building."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landmark_retrieval.world.drawing.buildings.annex import battlements, portico, steps, tower
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.solid import Block, Face, column, cone, dome, drum, pediment, wall


def build(style: Style) -> list[Face]:
    """All faces of the landmark, its front towards negative y, standing on z = 0 around the origin."""
    return _BUILDERS[style.typology](style)


def _centred(style: Style) -> Block:
    return _between(style.width / 2, -style.depth / 2, style.depth / 2, style.height)


def _between(half: float, front: float, back: float, high: float, low: float = 0.0) -> Block:
    """A block in the middle, `half` to either side."""
    return Block(-half, half, front, back, low, high)


def _palace(style: Style) -> list[Face]:
    body = _centred(style)
    faces = [*body.walls("wall", "wall"), *body.hip(style.roof_pitch * style.depth * 0.4)]
    half = style.width * (0.13 + 0.04 * style.variant)
    bay = _between(half, body.front - 1.8, body.front, style.height * 1.06)
    faces += bay.walls("wall with door", "narrow wall", 10)
    if style.variant == 1:
        y, base = body.front + half, bay.high + half * 0.5
        faces += [bay.top(), *drum("wall", 0, y, half * 0.82, bay.high - 1, base)]
        faces += dome("dome", 0, y, half * 0.85, base, 1.1)
        return [*faces, *cone("spire", 0, y, half * 0.14, base + half * 0.9, base + half * 1.5, 8)]
    if style.variant == 2:
        for x, number in ((body.left, 14), (body.right, 18)):
            pavilion = Block(x - 3, x + 3, body.front - 1.2, body.front + 6, 0, style.height * 1.18)
            faces += [*pavilion.walls("wall", "wall", number), *pavilion.hip(5.0, 0.3, "spire", 0.0)]
    faces += [bay.top(), pediment("pediment", -half - 0.4, half + 0.4, bay.front - 0.3, bay.high, half * 0.5)]
    roof = _between(half + 0.2, bay.front, body.front + 4, bay.high, bay.high)
    return [*faces, *roof.gable(half * 0.5, 0.2)]


def _town_hall(style: Style) -> list[Face]:
    body = _centred(style)
    faces = [*body.walls("wall with door", "wall"), *body.hip(style.roof_pitch * style.depth * 0.5)]
    side = (-0.32, 0.0, 0.34)[style.variant] * style.width
    return [*faces, *tower(style, side, body.front + 2.2, 3.1, style.height * 1.9, 0.0, "clock tower")]


def _church(style: Style) -> list[Face]:
    body = _centred(style)
    rise = style.width * (0.45 + 0.25 * style.roof_pitch)
    sides = body.walls("wall", "wall")[1:]
    faces = [body.gabled_front("church front", rise), *sides, *body.gable(rise)]
    faces += drum("wall", 0, body.back, style.width * 0.32, 0, style.height * 0.75, 10)
    faces += cone("spire", 0, body.back, style.width * 0.34, style.height * 0.75, style.height * 1.15, 10)
    half = style.width * 0.19
    place = (-style.width / 2 - half * 0.4, style.width / 2 + half * 0.4, 0.0)[style.variant]
    front = body.front + half * (1.0 if style.variant < 2 else 1.5)
    high = style.height * (1.75 if style.variant < 2 else 2.0)
    return [*faces, *tower(style, place, front, half, high, 0.0 if style.variant < 2 else style.height)]


def _cathedral(style: Style) -> list[Face]:
    body = _centred(style)
    nave = _between(style.width * 0.28, body.front + 0.5, body.back, style.height)
    aisles = _between(style.width * 0.46, body.front + 4, body.back - 2, style.height * 0.55)
    rise = style.width * 0.38
    cross = _between(style.width * 0.58, 2.0, 2.0 + style.width * 0.36, style.height * 0.95)
    faces = [nave.gabled_front("church front", rise), *nave.walls("wall", "wall")[1:], *nave.gable(rise)]
    faces += [*aisles.walls("wall", "wall", 4), *aisles.hip(2.2, 0.2)]
    faces += [*cross.walls("wall", "wall", 8), *cross.hip(rise * 0.8)]
    half = style.width * 0.15
    for side in (-1, 1):
        high = style.height * (1.55 if side < 0 or style.variant else 1.3)
        faces += tower(style, side * style.width * 0.42, body.front + half, half, high)
    if style.variant == 2:
        faces += tower(style, 0, 2 + style.width * 0.18, half * 0.8, style.height * 1.6, style.height)
    return faces


def _domed_hall(style: Style) -> list[Face]:
    body = _centred(style)
    radius = min(style.width, style.depth) * 0.33
    base = style.height + radius * (0.5 + 0.25 * style.variant)
    top = base + radius * (0.85 + 0.2 * style.variant)
    faces = [*body.walls("wall", "wall"), body.top()]
    faces += drum("wall", 0, 0, radius, style.height, base, 14)
    faces += dome("dome", 0, 0, radius * 1.04, base, 0.85 + 0.2 * style.variant)
    faces += drum("shaft", 0, 0, radius * 0.17, top - 0.2, top + radius * 0.4, 8)
    faces += cone("dome", 0, 0, radius * 0.22, top + radius * 0.4, top + radius, 8)
    half = style.width * 0.26
    return [*faces, *portico(-half, half, body.front, style.height * 0.94, 6 if style.variant else 4)]


def _temple(style: Style) -> list[Face]:
    body = _centred(style)
    cell = Block(body.left + 2.2, body.right - 2.2, body.front + 3.5, body.back - 2.2, 1.4, style.height)
    beam = Block(body.left, body.right, body.front, body.back, style.height * 0.82, style.height)
    rise = style.width * 0.2
    faces = [*cell.walls("colonnade", "wall"), *beam.same_walls("entablature"), *beam.gable(rise)]
    faces.append(pediment("pediment", body.left, body.right, body.front - 0.2, style.height, rise))
    for x in np.linspace(body.left + 0.8, body.right - 0.8, 5 + style.variant):
        faces.append(column(float(x), body.front + 0.8, 0.62, 1.4, beam.low))
    for y in np.linspace(body.front + 0.8, body.back - 0.8, 8)[1:]:
        faces += [column(side * (style.width / 2 - 0.8), float(y), 0.62, 1.4, beam.low) for side in (-1, 1)]
    return [*faces, *steps(body.left, body.right, body.front, body.back, 1.4)]


def _castle(style: Style) -> list[Face]:
    body = _centred(style)
    faces = [*body.walls("fortress with door", "fortress"), body.top(), *battlements(body)]
    keep = Block(-4.5, 4.5, 0, 9, 0, style.height * 1.6)
    faces += [*keep.walls("fortress", "fortress", 8), keep.top(), *battlements(keep)]
    for number, (x, y) in enumerate(body.corners):
        kind = (number + style.variant) % 3
        high = style.height * (1.25 + 0.12 * kind)
        faces += drum("tower", x, y, 3.2, 0, high)
        if kind:
            faces += cone("spire", x, y, 3.6, high, high + 4.5 + 2 * style.roof_pitch)
        else:
            faces += cone("roof", x, y, 3.5, high, high + 1.5)
    return faces


def _campanile(style: Style) -> list[Face]:
    half = style.width / 2
    hall = Block(half, half + 14, -3, 9, 0, 7.5)
    faces = tower(style, 0, 0, half, style.height, 0.0, "clock tower")
    gallery = _between(half + 0.5, -half - 0.5, half + 0.5, style.height * 0.83, style.height * 0.8)
    faces += [*gallery.same_walls("battlement"), gallery.top()]
    return [*faces, *hall.walls("wall with door", "wall", 4), *hall.hip(3.5)]


def _gabled_house(style: Style) -> list[Face]:
    body = _centred(style)
    rise = style.width * (0.4 + 0.3 * style.roof_pitch)
    faces = [body.gabled_front("gable wall", rise), *body.walls("wall", "wall")[1:], *body.gable(rise, 0.5)]
    if style.variant:
        right, high = body.right + style.width * 0.8, style.height * 0.7
        wing = Block(body.right, right, body.front + 2, body.back - 1, 0, high)
        faces += [*wing.walls("wall with door", "wall", 8), *wing.hip(style.width * 0.3)]
    if style.variant == 2:
        faces += drum("tower", body.left, body.front, 2.0, 0, style.height * 1.1)
        faces += cone("spire", body.left, body.front, 2.4, style.height * 1.1, style.height * 1.7)
    return faces


def _mosque(style: Style) -> list[Face]:
    body = _centred(style)
    radius = style.width * 0.3
    faces = [*body.walls("wall with door", "wall"), body.top(), *battlements(body, 0.8)]
    faces += drum("wall", 0, 0, radius, style.height, style.height + 3, 14)
    faces += dome("dome", 0, 0, radius, style.height + 3, 0.95 + 0.2 * style.variant)
    for x, y in ((-0.36, -0.34), (0.36, -0.34), (0.36, 0.34), (-0.36, 0.34)):
        faces += dome("dome", x * style.width, y * style.depth, radius * 0.36, style.height, 1.0, 10)
    for side in (-1, 1) if style.variant else (1,):
        x, y, high = side * (style.width / 2 + 2.5), body.front + 2, style.height * 3.1
        faces += drum("tower", x, y, 1.5, 0, high * 0.72, 10)
        faces += drum("battlement", x, y, 2.1, high * 0.70, high * 0.75, 10)
        faces += drum("tower", x, y, 1.1, high * 0.75, high * 0.9, 10)
        faces += cone("spire", x, y, 1.4, high * 0.9, high * 1.08, 10)
    return faces


def _skyscraper(style: Style) -> list[Face]:
    foot = _between(style.width * 0.7, -style.depth * 0.65, style.depth * 0.6, 8)
    faces = [*foot.walls("wall with door", "wall", 12), foot.top()]
    low, shrink = 8.0, 1.0
    for number, share in enumerate(((0.55, 1.0), (0.55, 0.82, 1.0), (0.55, 0.82, 1.0))[style.variant]):
        depth = style.depth / 2 * shrink
        block = _between(style.width / 2 * shrink, -depth, depth, style.height * share, low)
        if block.high > block.low:
            faces += [*block.walls("curtain wall", "curtain wall", 4 * number), block.top()]
        low, shrink = block.high, shrink * 0.76
    return [*faces, column(0, 0, 0.35, low, low * 1.18)]


def _works(style: Style) -> list[Face]:
    body = _centred(style)
    faces = body.walls("wall with door", "wall")
    count = 3 + style.variant
    step = style.width / count
    for number in range(count):
        left, right = body.left + number * step, body.left + (number + 1) * step
        faces.append(pediment("gable piece", left, right, body.front - 0.05, body.high, step * 0.45, number))
        faces += Block(left, right, body.front, body.back, body.high, body.high).gable(step * 0.45, 0.1)
    x = style.width * (0.62, -0.62, 0.58)[style.variant]
    faces += drum("chimney", x, 2, 1.5, 0, style.height * 2.5, 12)
    return faces + drum("battlement", x, 2, 1.8, style.height * 2.45, style.height * 2.55, 12)


def _gate(style: Style) -> list[Face]:
    body = _centred(style)
    front = wall("gateway", (body.left, body.front), (body.right, body.front), 0, style.height)
    back = wall("gateway", (body.right, body.back), (body.left, body.back), 0, style.height, 1)
    faces = [front, back, *(body.walls("narrow wall", "narrow wall")[i] for i in (1, 3)), body.top()]
    if style.variant == 0:
        return [*faces, *battlements(body)]
    if style.variant == 1:
        attic = _between(body.right - 3, body.front + 1, body.back - 1, style.height + 3, style.height)
        return [*faces, *attic.same_walls("entablature"), attic.top()]
    for x in (body.left, body.right):
        faces += tower(style, x, 0, style.depth * 0.42, style.height * 1.35)
    return faces


_BUILDERS: dict[str, Callable[[Style], list[Face]]] = {
    "palace": _palace,
    "town hall": _town_hall,
    "church": _church,
    "cathedral": _cathedral,
    "domed hall": _domed_hall,
    "temple": _temple,
    "castle": _castle,
    "campanile": _campanile,
    "half-timbered house": _gabled_house,
    "gabled house": _gabled_house,
    "mosque": _mosque,
    "skyscraper": _skyscraper,
    "works": _works,
    "gate": _gate,
}
