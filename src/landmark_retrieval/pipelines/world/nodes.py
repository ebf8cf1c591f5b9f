"""Nodes of the generated world; what draws is imported when they run, as it loads OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from landmark_retrieval.world.plan.settings import WorldSettings


def plan(settings: WorldSettings) -> tuple[Any, pd.DataFrame]:
    """The plan of the photographs, and the table of their faults."""
    from landmark_retrieval.world.plan.ground_truth import ground_truth
    from landmark_retrieval.world.plan.plan import plan_world

    world = plan_world(settings)
    return world, ground_truth(world)


def draw(world: Any, part: str) -> Iterable[tuple[str, bytes]]:
    """Files of one part of a `WorldPlan`, drawn while they are saved."""
    from landmark_retrieval.world.plan.render import render_part

    return render_part(world, part)
