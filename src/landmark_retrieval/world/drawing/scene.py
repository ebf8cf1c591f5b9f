"""Scenes: a landmark, its surroundings and passers-by in one picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.buildings.building import build
from landmark_retrieval.world.drawing.buildings.room import Room, furnish
from landmark_retrieval.world.drawing.buildings.style import Style
from landmark_retrieval.world.drawing.camera import Camera, in_front
from landmark_retrieval.world.drawing.canvas import Canvas
from landmark_retrieval.world.drawing.figure import VARIETIES, figure
from landmark_retrieval.world.drawing.painting import Paintings
from landmark_retrieval.world.drawing.sheet import Image
from landmark_retrieval.world.drawing.sky import backdrop
from landmark_retrieval.world.drawing.solid import Face
from landmark_retrieval.world.drawing.surroundings import Surroundings, surround
from landmark_retrieval.world.drawing.viewpoint import Extent, extent
from landmark_retrieval.world.drawing.weather import Weather


@dataclass(frozen=True)
class Landmark:
    """A landmark with everything about it that lasts from one photograph to the next, made when first needed.

    Attributes:
        style: How it looks.
        detail: 1 for photographs of 256 pixels, in proportion for others.
    """

    style: Style
    detail: float

    @cached_property
    def faces(self) -> list[Face]:
        """The building."""
        return build(self.style)

    @cached_property
    def extent(self) -> Extent:
        """The building's size."""
        return extent(self.faces)

    @cached_property
    def room(self) -> Room:
        """The inside."""
        return furnish(self.style)

    @cached_property
    def paintings(self) -> Paintings:
        """The surfaces of building and room."""
        return Paintings(self.style, self.detail)

    @cached_property
    def surroundings(self) -> Surroundings:
        """Ground, trees, horizon."""
        return surround(self.style, self.detail)

    @cached_property
    def neighbours(self) -> list[tuple[Paintings, list[Face]]]:
        """Neighbouring houses, coarsely painted."""
        return [(Paintings(look, 0.5 * self.detail), faces) for look, faces in self.surroundings.neighbours]


def _facing(faces: list[Face], camera: Camera) -> list[Face]:
    """The faces that show the camera their outer side, the nearest first."""
    away = camera.position - np.array([face.origin for face in faces])
    fronts = (away * np.array([face.normal for face in faces])).sum(axis=1) > 0
    order = np.argsort((away**2).sum(axis=1), kind="stable")
    return [faces[i] for i in order if fronts[i] or faces[i].turns]


def _draw(canvas: Canvas, faces: list[Face], paintings: Paintings, weather: Weather) -> None:
    """Draw what faces the camera; because the nearest comes first, what is hidden is never painted."""
    for face in _facing(faces, canvas.camera):
        canvas.face(face, partial(paintings.levels, face.surface, weather.night), weather.light(face.normal))


def outdoors(
    landmark: Landmark, camera: Camera, weather: Weather, crowd: float, rng: np.random.Generator
) -> Image:
    """The landmark from outside; `crowd` is the mean number of people and things in front of it."""
    place = landmark.surroundings
    ground_light = weather.on_ground()
    far = (place.far * ground_light).astype(np.float32)
    canvas = Canvas(camera, backdrop(camera, weather, far, place.horizon, rng))
    canvas.face(place.ground, lambda: [place.picture], ground_light)
    _grain_of_the_ground(canvas, place.grain)
    if weather.sun > 0.15:
        _cast_shadow(canvas, landmark.faces, weather)
    _draw(canvas, landmark.faces, landmark.paintings, weather)
    distance = float(np.linalg.norm(camera.position))
    for paintings, faces in landmark.neighbours:
        if np.linalg.norm(faces[0].corners.mean(axis=0) - camera.position) > 0.7 * distance:
            _draw(canvas, faces, paintings, weather)
    light = weather.standing()
    for kind, variety, foot in place.trees:
        if np.linalg.norm(foot - camera.position) > 9:
            canvas.figure(figure(kind, variety), foot, light)
    _passers_by(canvas, landmark, crowd, light, rng)
    return canvas.image


def indoors(
    landmark: Landmark, camera: Camera, lamp: NDArray[np.float64], crowd: float, rng: np.random.Generator
) -> Image:
    """The landmark from inside, lit by `lamp` (factors for red, green, blue)."""
    canvas = Canvas(camera, np.zeros((camera.height, camera.width, 3), np.uint8))
    for face in _facing(landmark.room.faces, camera):
        facing = 0.88 + 0.12 * abs(float(face.normal[1])) - 0.06 * max(0.0, -float(face.normal[2]))
        canvas.face(face, partial(landmark.paintings.levels, face.surface, night=False), lamp * facing)
    for _ in range(int(rng.poisson(crowd))):
        x, y = rng.uniform(-0.4, 0.4) * landmark.room.width, rng.uniform(0, landmark.room.depth)
        foot = np.array([x, y, 0.0])
        canvas.figure(figure("person", int(rng.integers(VARIETIES))), foot, lamp * 0.8)
    return canvas.image


def _passers_by(
    canvas: Canvas, landmark: Landmark, crowd: float, light: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """People, cars and lamps between the camera and the landmark, wherever they happen to be."""
    camera = canvas.camera
    forward = camera.axes[2] * [1, 1, 0]
    forward = forward / np.linalg.norm(forward)
    right = np.array([forward[1], -forward[0], 0])
    reach = float(np.linalg.norm(camera.position[:2]))
    view = camera.width / camera.focal
    names = ["person", "car", "lamp"] if landmark.style.ground == "street" else ["person", "person", "lamp"]
    for _ in range(int(rng.poisson(crowd))):
        kind = str(rng.choice(names, p=[0.75, 0.18, 0.07]))
        far = reach * rng.uniform(0.22 if kind != "lamp" else 0.35, 0.8)
        aside = far * view * rng.uniform(-0.55, 0.55)
        foot = camera.position * [1, 1, 0] + far * forward + aside * right
        canvas.figure(figure(kind, int(rng.integers(VARIETIES))), foot, light)


def _grain_of_the_ground(canvas: Canvas, grain: Image) -> None:
    """Blades, pebbles, joints: a tile of 6 metres laid again and again over the ground near the camera."""
    camera = canvas.camera
    scale = grain.shape[0] / 6.0
    axes = np.stack([np.array([1 / scale, 0, 0]), np.array([0, -1 / scale, 0]), -camera.position], 1)
    near = (canvas.nearness > 1 / 28).view(np.uint8)
    rows = np.flatnonzero(near.any(axis=1))
    if not len(rows):
        return
    below = slice(int(rows[0]), camera.height)
    shift = np.array([[1, 0, 0], [0, 1, -float(below.start)], [0, 0, 1]])
    mapping = shift @ camera.intrinsics @ camera.axes @ axes
    size = camera.width, camera.height - below.start
    laid = cv2.warpPerspective(grain, mapping, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    picture = canvas.image[below]
    cv2.copyTo(cv2.multiply(picture, cv2.merge([laid] * 3), scale=1 / 128), near[below], picture)


def _cast_shadow(canvas: Canvas, faces: list[Face], weather: Weather) -> None:
    """Darken the ground that the building keeps from the sun; the shadow of its convex hull."""
    points = np.concatenate([face.corners for face in faces])
    away = weather.to_sun[:2] / weather.to_sun[2]
    cast = np.concatenate([points[:, :2], points[:, :2] - points[:, 2:] * away]).astype(np.float32)
    hull = cv2.convexHull(cast)[:, 0]
    local = in_front(canvas.camera.local(np.column_stack([hull, np.zeros(len(hull))])))
    if len(local) < 3:
        return
    mask = np.zeros(canvas.image.shape[:2], np.uint8)
    outline = np.clip(canvas.camera.pixels(local), -20000, 20000)
    cv2.fillConvexPoly(mask, np.rint(outline * 16).astype(np.int32), 255, cv2.LINE_8, 4)
    mask &= (canvas.nearness > 0).view(np.uint8) * np.uint8(255)
    dark = cv2.convertScaleAbs(canvas.image, alpha=1 - 0.5 * weather.sun)
    cv2.copyTo(dark, mask, canvas.image)
