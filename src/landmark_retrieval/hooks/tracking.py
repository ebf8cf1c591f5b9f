"""Settings of lineage records and MLflow: `tracking.yml`."""

from __future__ import annotations

from kedro.framework.context import KedroContext
from pydantic import Field

from landmark_retrieval.configuration import Settings


class LineageSettings(Settings):
    """The record of what a run read and wrote.

    Attributes:
        folder: of the records, below the project.
        content_limit_bytes: larger artefacts are fingerprinted by the names and sizes of their files.
        names_limit_files: folders of more files than this are not fingerprinted.
    """

    folder: str = Field(min_length=1)
    content_limit_bytes: int = Field(ge=0)
    names_limit_files: int = Field(gt=0)


class MlflowSettings(Settings):
    """The MLflow store.

    Attributes:
        enabled: without it MLflow is not even imported.
        tracking_uri: of the store; a relative SQLite file lies in the project.
        artifact_folder: of a new experiment, below the project; None leaves it to the server.
        experiment: name of the experiment that the runs belong to.
    """

    enabled: bool
    tracking_uri: str = Field(min_length=1)
    artifact_folder: str | None
    experiment: str = Field(min_length=1)


class Tracking(Settings):
    """All of `tracking.yml`."""

    lineage: LineageSettings
    mlflow: MlflowSettings


def read_tracking(context: KedroContext) -> Tracking:
    """The tracking configuration of a run's environment.

    Raises:
        MissingConfigException: there is no `tracking.yml`.
        ValidationError: a key is missing, unknown or out of range.
    """
    return Tracking.model_validate(context.config_loader["tracking"])
