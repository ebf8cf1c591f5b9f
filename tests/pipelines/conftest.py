"""The whole project, run once on a world of a few hundred small photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Laboratory:
    """The project with a data folder of its own, in the environment `test`."""

    data: Path

    def run(self, **choices: Any) -> str:
        """`kedro run` with the choices given; the session's id, which is the version of all it saved."""
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LANDMARK_RETRIEVAL_DATA", str(self.data))
            bootstrap_project(PROJECT)
            with KedroSession.create(PROJECT, env="test") as session:
                session.run(**choices)
        return session.session_id


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laboratory, str]:
    laboratory = Laboratory(tmp_path_factory.mktemp("whole"))
    return laboratory, laboratory.run()
