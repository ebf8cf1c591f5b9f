"""All pipelines by name."""

import os
import warnings
from pathlib import Path

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from landmark_retrieval import experiments
from landmark_retrieval.config_loader import project_configuration

# Kedro advises against dots outside its own prefixing; here a node names the other variants it reads from.
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")
# It also warns of namespaces that other nodes lie between; only deployment of a namespace as a whole minds.
warnings.filterwarnings("ignore", message="Namespace '.*' is interrupted by nodes")


def register_pipelines() -> dict[str, Pipeline]:
    """Every pipeline below `pipelines/`, and all of them together as `__default__`.

    Outside a run (`kedro registry list`) their shape is that of the environments in `KEDRO_ENV`.
    """
    if not experiments.are_chosen():
        project = Path(__file__).parents[2]
        experiments.choose(project_configuration(project, os.environ.get("KEDRO_ENV"))["parameters"])
    pipelines = find_pipelines(raise_errors=True)
    pipelines["__default__"] = sum(pipelines.values(), Pipeline([]))
    return pipelines
