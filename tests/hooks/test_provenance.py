import subprocess
from pathlib import Path

import pytest

from landmark_retrieval.hooks.provenance import command_line, provenance

pytestmark = pytest.mark.costly


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def test_commit_and_changes_are_told(tmp_path):
    run = {"run_id": "s1", "project_path": str(tmp_path), "namespaces": ("v2",)}
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "first")
    clean = provenance(run)
    assert clean["git_commit"] == git(tmp_path, "rev-parse", "HEAD").strip()
    assert clean["git_dirty"] is False
    assert (clean["session"], clean["namespaces"], clean["tags"]) == ("s1", ("v2",), None)
    (tmp_path / "a").write_text("2")
    assert provenance(run)["git_dirty"] is True


def test_outside_a_repository_nothing_is_claimed(tmp_path):
    origin = provenance({"run_id": "s1", "project_path": str(tmp_path)})
    assert (origin["git_commit"], origin["git_dirty"]) == (None, None)


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["/opt/venv/bin/kedro", "run", "--env=test"], "kedro run --env=test"),
        (["/lib/kedro/__main__.py", "run", "--params=a=b c"], "kedro run '--params=a=b c'"),
    ],
)
def test_the_command_is_what_was_typed(argv, line):
    assert command_line(argv) == line
