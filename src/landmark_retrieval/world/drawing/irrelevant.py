"""Irrelevant photographs: pictures uploaded under the name of a landmark that they do not show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landmark_retrieval.world.drawing.buildings.artwork import GLASS, books, painting
from landmark_retrieval.world.drawing.buildings.material import clouded, mottle
from landmark_retrieval.world.drawing.buildings.ornament import sign
from landmark_retrieval.world.drawing.camera import Camera, look_at
from landmark_retrieval.world.drawing.canvas import Canvas
from landmark_retrieval.world.drawing.figure import VARIETIES, figure
from landmark_retrieval.world.drawing.sheet import Colour, Image, Sheet, blank_sheet, palette, pick, tone
from landmark_retrieval.world.drawing.sky import backdrop
from landmark_retrieval.world.drawing.surroundings import horizon
from landmark_retrieval.world.drawing.weather import Weather, draw_weather

_LAND = palette("628042 406886 baa87a 848a4c")
_FLOORS = palette("96928c 687e4a b0a084")
_TABLES = palette("966842 e2ded4 5c4230")
_FOODS = palette("be5032 5c8238 dcb45a 824c2e")


def irrelevant_picture(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """A picture without a landmark, `size` (width, height) pixels."""
    return _SCENES[int(rng.integers(len(_SCENES)))](size, rng)


def _outdoors(camera: Camera, ground: Colour, weather: Weather, rng: np.random.Generator) -> Canvas:
    """Plain ground to the horizon, under the sky."""
    lit = (np.array(ground) * weather.on_ground()).astype(np.float32)
    line = horizon(str(rng.choice(["lawn", "lawn", "square"])), rng)
    return Canvas(camera, backdrop(camera, weather, lit, line, rng))


def _landscape(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """Hills or sea under the sky, with trees."""
    weather = draw_weather(rng, harsh=False)
    target = np.array([0, 30.0, rng.uniform(-2, 5)])
    camera = look_at(np.array([0, 0, 2.0]), target, rng.normal(0, 0.03), 0.9 * max(size), size)
    canvas = _outdoors(camera, pick(_LAND, rng), weather, rng)
    rows, columns = canvas.image.shape[:2]
    ripple = 1 + 0.05 * clouded(rows, columns, 30, rng, 4)
    canvas.image[:] = np.clip(canvas.image * ripple[..., None], 0, 255)
    for far in np.sort(rng.uniform(6, 60, int(rng.integers(0, 16))))[::-1]:
        kind = str(rng.choice(["tree", "tree", "cypress", "person"]))
        shape = figure(kind, int(rng.integers(VARIETIES)))
        foot = np.array([far * rng.uniform(-0.6, 0.6), far, 0])
        canvas.figure(shape, foot, weather.standing())
    return canvas.image


def _company(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """People standing close before the camera."""
    weather = draw_weather(rng, harsh=False)
    target = np.array([0, 10.0, 1.4])
    camera = look_at(np.array([0, 0, 1.5]), target, rng.normal(0, 0.04), 0.9 * max(size), size)
    canvas = _outdoors(camera, pick(_FLOORS, rng), weather, rng)
    for far in rng.uniform(1.8, 6.0, int(rng.integers(2, 8))):
        shape = figure("person", int(rng.integers(VARIETIES)))
        foot = np.array([far * rng.uniform(-0.4, 0.4), far, 0])
        canvas.figure(shape, foot, weather.standing())
    return canvas.image


def _flat(size: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Sheet:
    """A sheet three metres wide that fills the picture."""
    sheet = blank_sheet(3.0, 3.0 * size[1] / size[0], size[0] / 3.0, colour, rng)
    mottle(sheet, 0.06, 60)
    return sheet


def _meal(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """Plates on a table."""
    sheet = _flat(size, pick(_TABLES, rng), rng)
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0.6, 2.4), rng.uniform(0.4, max(0.5, sheet.height - 0.4))
        radius = rng.uniform(0.45, 0.85)
        for share, colour in ((1.04, (120, 110, 100)), (1.0, (240, 238, 232)), (0.72, (224, 220, 212))):
            sheet.ellipse(x, y, radius * share, radius * share * 0.86, colour)
        for _ in range(28):
            across, down = rng.normal(0, 0.24 * radius, 2)
            food = pick(_FOODS, rng)
            long, wide = rng.uniform(0.03, 0.12), rng.uniform(0.03, 0.1)
            sheet.ellipse(x + across, y + down, long, wide, tone(food, rng.uniform(0.7, 1.2)))
    return sheet.image


def _notice(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """A board with writing and a plan."""
    sheet = _flat(size, (112, 122, 104), rng)
    low = sheet.height
    sheet.rectangle(0.3, 0.12 * low, 2.7, 0.9 * low, (236, 232, 220))
    sign(sheet, 1.5, 0.17 * low, 2.0, 0.1 * low)
    painting(sheet, 0.95, 0.34 * low, 1.0, 0.45 * low)
    for level in np.arange(0.36, 0.84, 0.045):
        sheet.line(1.6, level * low, 1.6 + rng.uniform(0.5, 1.0), level * low, (60, 58, 60), 0.02)
    return sheet.image


def _shelf(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """Books, or souvenirs on a market stall."""
    sheet = _flat(size, (110, 78, 54), rng)
    rows = int(rng.integers(3, 6))
    things = rng.random() < 0.5
    for row in range(rows):
        top, bottom = sheet.height * (row + 0.08) / rows, sheet.height * (row + 0.94) / rows
        if not things:
            books(sheet, 0.05, top, 2.95, bottom)
            continue
        for x in np.arange(0.1, 3.0, 0.24):
            colour = tone(pick(GLASS, rng), rng.uniform(0.5, 1))
            sheet.ellipse(x, bottom - 0.16, 0.1, 0.15 * rng.uniform(0.6, 1.1), colour)
            sheet.upright(x, 0.07, bottom - 0.1, bottom, tone(colour, 0.6))
    return sheet.image


_SCENES: tuple[Callable[[tuple[int, int], np.random.Generator], Image], ...]
_SCENES = (_landscape, _landscape, _company, _meal, _notice, _shelf)
