"""The whole project, run once on a world of some two hundred small photographs."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Laboratory:
    """The project in its environment `test`, alone or with others, with a data folder of its own."""

    data: Path
    env: str = "test"

    def run(self, runtime_params: dict[str, Any] | None = None, **choices: Any) -> str:
        """`kedro run` with the choices given; the id of its session, the version of all it saved."""
        with self._session(runtime_params) as session, _one_thread():
            session.run(**choices)
        return str(session.session_id)

    def open(self) -> tuple[Pipeline, DataCatalog]:
        """All pipelines together, and the catalog."""
        with self._session() as session:
            catalog = session.load_context().catalog
            return pipelines["__default__"], catalog

    def lineage(self, session: str) -> dict[str, Any]:
        """The record of a run."""
        return dict(json.loads((self.data / "lineage" / f"{session}.json").read_text(encoding="utf-8")))

    def written(self, session: str) -> dict[str, str]:
        """SHA-256 of every artefact that a run wrote."""
        entries = self.lineage(session)["datasets"]
        return {e["name"]: e["sha256"] for e in entries if e["written_by"] and e["path"]}

    def copy(self, folder: Path) -> "Laboratory":
        """Another laboratory with the same artefacts."""
        shutil.copytree(self.data, folder)
        return Laboratory(folder)

    @contextmanager
    def _session(self, runtime_params: dict[str, Any] | None = None) -> Iterator[KedroSession]:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LANDMARK_RETRIEVAL_DATA", str(self.data))
            bootstrap_project(PROJECT)
            with KedroSession.create(PROJECT, env=self.env, runtime_params=runtime_params) as session:
                yield session


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small networks are faster on one thread, above all where other processes want the cores, too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Finished:
    """What a run of everything left."""

    laboratory: Laboratory
    session: str
    pipeline: Pipeline
    catalog: DataCatalog

    @property
    def experiments(self) -> dict[str, Any]:
        return dict(self.catalog.load("params:experiments"))

    def load(self, name: str) -> Any:
        return self.catalog.load(name)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Everything ran."""
    laboratory = Laboratory(tmp_path_factory.mktemp("whole"))
    return Finished(laboratory, laboratory.run(), *laboratory.open())


@pytest.fixture(scope="session")
def with_noise(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Manifests with label noise, one of them cleaned, and what cleaning found."""
    laboratory = Laboratory(tmp_path_factory.mktemp("noise"), env="noise,test")
    wanted = [f"noise{share}.manifest" for share in (10, 30, 50)]
    qualities = [f"{name}_clean.cleaning_quality" for name in ("v2", "noise30")]
    session = laboratory.run(to_outputs=[*wanted, *qualities])
    return Finished(laboratory, session, *laboratory.open())
