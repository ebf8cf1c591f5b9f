"""Nodes of the generated world."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from landmark_retrieval.world.plan.ground_truth import truth
from landmark_retrieval.world.plan.plan import WorldPlan, plan_world
from landmark_retrieval.world.plan.render import publish
from landmark_retrieval.world.plan.settings import WorldSettings


def plan(settings: WorldSettings) -> tuple[WorldPlan, pd.DataFrame]:
    """What is photographed, and the table of what was made wrong on purpose."""
    world = plan_world(settings)
    return world, truth(world)


def draw(world: WorldPlan, part: str) -> Iterable[tuple[str, bytes]]:
    """Files of one part of the world, drawn while they are saved."""
    return publish(world, part)
