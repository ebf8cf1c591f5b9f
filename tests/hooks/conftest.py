"""A small project that runs with every hook."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from mlflow import MlflowClient
from mlflow.entities import Run


@dataclass(frozen=True)
class Finished:
    """What one run of the project left."""

    session: str
    record: dict[str, Any]
    runs: dict[str, Run]
    """MLflow runs by name, the outermost as `root`."""
    error: Exception | None


@dataclass(frozen=True)
class Project:
    path: Path

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(tracking_uri=f"sqlite:///{self.path}/mlflow.db")

    def search(self, query: str, order: str | None = None) -> list[Run]:
        experiment = self.client.get_experiment_by_name("tiny").experiment_id
        return list(self.client.search_runs([experiment], query, order_by=[order] if order else None))

    def run(
        self, *, env: str | None = None, parameters: dict[str, Any] | None = None, **choices: Any
    ) -> Finished:
        """`kedro run` with the choices given, failed or not."""
        bootstrap_project(self.path)
        error = None
        with KedroSession.create(self.path, env=env, runtime_params=parameters) as session:
            try:
                session.run(**choices)
            except Exception as raised:
                error = raised
        record = json.loads((self.path / "data" / "lineage" / f"{session.session_id}.json").read_text())
        found = [] if env == "quiet" else self.search(f"tags.session = '{session.session_id}'")
        names = {r.info.run_name if "variant" in r.data.tags else "root": r for r in found}
        return Finished(session.session_id, record, names, error)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("projects") / "tiny"
    shutil.copytree(Path(__file__).parent / "tiny", folder)
    return Project(folder)


@pytest.fixture(scope="session")
def whole(project: Project) -> Finished:
    """Everything ran."""
    return project.run()


@pytest.fixture(scope="session")
def failed(project: Project, whole: Finished) -> Callable[[str], Finished]:
    """A run that breaks in `v2_clean.knn`: "in the function", "while saving"."""
    return cache(lambda where: project.run(parameters={"breaks": where}))
