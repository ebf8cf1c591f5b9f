import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
LISTING = """
import json, sys
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project

bootstrap_project(sys.argv[1])
print(json.dumps({"pipelines": sorted(pipelines), "modules": sorted(sys.modules)}))
"""


def test_listing_the_pipelines_imports_nothing_heavy():
    command = [sys.executable, "-c", LISTING, str(PROJECT)]
    output = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    listed = json.loads(output.splitlines()[-1])

    assert listed["pipelines"] == [
        "__default__", "audit", "data_cleaning", "embedding", "evaluation",
        "label_prediction", "reranking", "training", "world",
    ]  # fmt: skip
    heavy = {"cv2", "faiss", "matplotlib", "mlflow", "plotly", "scipy", "torch", "torchvision"}
    assert heavy & set(listed["modules"]) == set()
