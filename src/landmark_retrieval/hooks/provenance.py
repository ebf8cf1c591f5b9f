"""Provenance of a run: code, command and choices."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

_CHOICES = (
    "env",
    "pipeline_names",
    "namespaces",
    "tags",
    "node_names",
    "from_nodes",
    "to_nodes",
    "from_inputs",
    "to_outputs",
    "load_versions",
    "only_missing_outputs",
    "runtime_params",
    "runner",
    "kedro_version",
)


def provenance(run_params: dict[str, Any]) -> dict[str, Any]:
    """Kedro's `run_params` of a run, its Git commit and its command line, as plain values.

    `git_commit` is None outside a repository; `git_dirty` is True if any change or file is not committed.
    """
    project = Path(run_params["project_path"])
    status = _git(project, "status", "--porcelain")
    return {
        "session": run_params["run_id"],
        "git_commit": _git(project, "rev-parse", "HEAD"),
        "git_dirty": None if status is None else bool(status),
        "command": command_line(sys.argv),
        **{choice: run_params.get(choice) for choice in _CHOICES},
    }


def command_line(argv: list[str]) -> str:
    """What was typed, without the folders of the program."""
    program = Path(argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.name
    return shlex.join([name, *argv[1:]])


def _git(project: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
