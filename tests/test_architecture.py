"""The shape of the source; which room may import which is checked by `lint-imports` (pyproject.toml)."""

from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize("root", ["src", "tests", "benchmarks"])
def test_a_folder_holds_at_most_twenty_files(root: str):
    files = Counter(file.parent.relative_to(PROJECT) for file in (PROJECT / root).rglob("*.py"))

    assert {folder: n for folder, n in files.items() if n > 20} == {}


def test_no_module_imports_itself_by_way_of_others():
    graph = grimp.build_graph("landmark_retrieval", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}

    assert len(imports) > 300
    TopologicalSorter(imports).prepare()
