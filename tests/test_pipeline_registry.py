import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
LISTING = """
import json, sys
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project

bootstrap_project(sys.argv[1])
nodes = [node.name for node in pipelines["__default__"].nodes]
print(json.dumps({"pipelines": sorted(pipelines), "nodes": nodes, "modules": sorted(sys.modules)}))
"""


def listing(env):
    """The pipelines of the environments, in a process of its own, and what is printed beside them."""
    command = [sys.executable, "-c", LISTING, str(PROJECT)]
    environment = os.environ | {"KEDRO_ENV": env}
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1]), done.stdout.splitlines()[:-1] + done.stderr.splitlines()


@pytest.mark.costly
def test_composed_environments_shape_the_pipelines_without_a_warning():
    base, _ = listing("base")
    composed, printed = listing("gldv2,delf")

    assert "delf.train" in composed["nodes"]
    assert "delf.train" not in base["nodes"]
    assert [line for line in printed if "warning" in line.lower()] == []


@pytest.mark.costly
def test_listing_the_pipelines_imports_nothing_heavy():
    listed, _ = listing("base")

    assert listed["pipelines"] == [
        "__default__", "audit", "data_cleaning", "embedding", "evaluation",
        "label_prediction", "reranking", "training", "world",
    ]  # fmt: skip
    heavy = {"cv2", "faiss", "matplotlib", "mlflow", "plotly", "scipy", "torch", "torchvision"}
    assert heavy & set(listed["modules"]) == set()
