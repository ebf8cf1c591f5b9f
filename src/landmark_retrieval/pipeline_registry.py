"""All pipelines by name."""

import warnings

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

# Kedro advises against dots outside its own prefixing; here a node names the other variants it reads from.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline below `pipelines/`, and all of them together as `__default__`."""
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(pipelines.values(), Pipeline([]))
    return pipelines
