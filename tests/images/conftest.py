import io

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def scene():
    """A picture with smooth and busy parts, 60 x 40 pixels."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 60)[None, :, None] * np.ones((40, 1, 3))
    noise = rng.integers(0, 60, (40, 60, 3))
    return Image.fromarray(np.clip(ramp + noise, 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def encode(scene):
    """Bytes of the scene (or another picture) in a format of Pillow's."""

    def encode(name, image=scene, **options):
        buffer = io.BytesIO()
        image.save(buffer, name, **options)
        return buffer.getvalue()

    return encode
