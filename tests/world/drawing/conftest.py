from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.style import draw_style
from landmark_retrieval.world.drawing.sheet import blank_sheet


@pytest.fixture
def style():
    """A plain style: no shutters, balconies, quoins or pilasters, and no shop signs."""
    return replace(
        draw_style([1], [2]),
        typology="church",
        material="plaster",
        window="rectangle",
        hood="none",
        wall=(200, 180, 150),
        trim=(240, 235, 225),
        accent=(40, 90, 60),
        glass=(50, 60, 75),
        bay=4.0,
        storey=4.5,
        window_fill=(0.4, 0.5),
        panes=(1, 2),
        variant=1,
        shutters=False,
        balconies=False,
        quoins=False,
        pilasters=False,
    )


@pytest.fixture
def wall():
    """A blank grey wall of 12 by 8 metres, 20 pixels per metre."""
    return blank_sheet(12.0, 8.0, 20.0, (100, 100, 100), np.random.default_rng(0))
