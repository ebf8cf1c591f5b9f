"""Nodes of the generated world."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from landmark_retrieval.world.plan.ground_truth import ground_truth
from landmark_retrieval.world.plan.plan import WorldPlan, plan_world
from landmark_retrieval.world.plan.render import render_part
from landmark_retrieval.world.plan.settings import WorldSettings


def plan(settings: WorldSettings) -> tuple[WorldPlan, pd.DataFrame]:
    """The plan of the photographs, and the table of their faults."""
    world = plan_world(settings)
    return world, ground_truth(world)


def draw(world: WorldPlan, part: str) -> Iterable[tuple[str, bytes]]:
    """Files of one part of the world, drawn while they are saved."""
    return render_part(world, part)
