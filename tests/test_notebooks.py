import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.costly

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_label_steps_help(path):
    cells = json.loads(path.read_text())["cells"]
    names: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), str(path), "exec"), names)
    figures = names["figures"]

    assert figures["knn"] < figures["sort"] < figures["sort_insert"]
