"""Photographic post-processing: exposure, colour, blur, noise, JPEG compression."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.sheet import Image

# limits of blur, noise and JPEG quality
_USUAL = ((0.1, 0.75), (0.5, 4.5), (62, 95))
_HARSH = ((0.4, 1.3), (3.0, 9.0), (38, 80))


@cache
def _grain() -> NDArray[np.int16]:
    """Sensor noise `(600, 600, 3)`, 16 to the unit; photographs take different pieces."""
    noise = np.random.default_rng(600).standard_normal((600, 600, 3), np.float32)
    return np.rint(noise * 16).astype(np.int16)


@cache
def _falloff(size: tuple[int, int]) -> Image:
    """How much light reaches the corners through a lens, `(height, width, 3)` of 255."""
    x, y = np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1])
    share = 1 - 0.11 * (x[None, :] ** 2 + y[:, None] ** 2) ** 1.5
    return np.repeat(np.rint(255 * share.clip(0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def develop(picture: Image, size: tuple[int, int], harsh: bool, rng: np.random.Generator) -> bytes:
    """A JPEG of `size` (width, height) from a larger RGB picture; `harsh` gives a poorer photograph."""
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    lit = cv2.multiply(small, _falloff(size), scale=1 / 255)
    toned = cv2.LUT(lit, _tone_curve(harsh, rng)[None])
    if rng.random() < 0.03:
        toned = cv2.cvtColor(cv2.cvtColor(toned, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    blurs, sigmas, qualities = _HARSH if harsh else _USUAL
    blur = rng.uniform(*blurs)
    if blur > 0.35:
        toned = cv2.GaussianBlur(toned, (0, 0), blur)
    noisy = _with_grain(np.asarray(toned, np.uint8), rng.uniform(*sigmas), rng)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*qualities))]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR), quality)
    assert done
    return bytes(encoded)


def _tone_curve(harsh: bool, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, contrast and white balance as a table `(256, 3)`."""
    level = np.linspace(0, 1, 256)[:, None]
    warmth = rng.normal(0, 0.045)
    exposure = rng.normal(0.06, 0.2 if harsh else 0.1)
    gain = np.exp(exposure + np.array([warmth, 0.0, -warmth]) + rng.normal(0, 0.012, 3))
    contrast = rng.uniform(0.86, 1.14)
    curve = np.clip(level * gain, 0, 1.3) ** np.exp(rng.normal(0, 0.1))
    curve = 0.5 + (curve - 0.5) * contrast
    return np.clip(curve * 255, 0, 255).astype(np.uint8)


def _with_grain(picture: Image, sigma: float, rng: np.random.Generator) -> Image:
    grain = _grain()
    rows, columns = picture.shape[:2]
    reps = (rows // 400 + 1, columns // 400 + 1, 1)
    grain = np.tile(grain, reps) if max(reps) > 1 else grain
    top, left = (int(rng.integers(0, limit)) for limit in (grain.shape[0] - rows, grain.shape[1] - columns))
    noise = np.ascontiguousarray(grain[top : top + rows, left : left + columns])
    return np.asarray(cv2.addWeighted(picture, 1.0, noise, sigma / 16, 0, dtype=cv2.CV_8U), np.uint8)
