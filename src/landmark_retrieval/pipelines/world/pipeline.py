"""The world: a plan, then the files of each generated source."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.pipelines.world import nodes


def create_pipeline() -> Pipeline:
    """One node per generated source; none when no source is generated."""
    generated = [name for name, source in experiments.chosen().sources.items() if source.generated]
    if not generated:
        return Pipeline([])
    plan = node(nodes.plan, "params:world", ["world.plan", "world.truth"], name="plan", namespace="world")
    return Pipeline([plan, *(_draw(name) for name in generated)])


def _draw(source: str) -> Node:
    return node(
        nodes.draw,
        ["world.plan", f"params:experiments.sources.{source}.format"],
        f"{source}.raw",
        name=f"draw_{source}",
        namespace="world",
    )
