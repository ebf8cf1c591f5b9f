import json
import subprocess
import sys
from importlib import import_module
from inspect import ismodule
from pathlib import Path
from pkgutil import iter_modules

import pytest

import landmark_retrieval

ROOT = Path(landmark_retrieval.__file__).parent
ROOMS = [
    ".".join(["landmark_retrieval", *file.parent.relative_to(ROOT).parts])
    for file in sorted(ROOT.rglob("__init__.py"))
    if "attach(" in file.read_text()
]
HEAVY = {"cv2", "faiss", "kedro", "matplotlib", "mlflow", "numba", "pandas", "scipy", "torch", "torchvision"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_exported_name_exists_and_hides_no_submodule(room):
    package = import_module(room)
    assert package.__all__ == dir(package) != []
    for name in package.__all__:
        assert not ismodule(getattr(package, name))
    assert set(package.__all__).isdisjoint(module.name for module in iter_modules(package.__path__))


def test_importing_the_rooms_loads_nothing_heavy():
    code = f"import json, sys, {', '.join(ROOMS)}; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert HEAVY & set(json.loads(output)) == set()


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    losses = import_module("landmark_retrieval.losses")
    with pytest.raises(AttributeError, match=r"module 'landmark_retrieval\.losses' has no attribute 'Arc'"):
        _ = losses.Arc
