"""Settings of lineage records and MLflow: `tracking.yml`."""

from __future__ import annotations

from kedro.framework.context import KedroContext
from pydantic import Field

from landmark_retrieval.configuration import Settings


class LineageSettings(Settings):
    """The record of what a run read and wrote."""

    folder: str = Field(min_length=1, description="of the records, below the project")
    content_limit_bytes: int = Field(ge=0, description="of larger artefacts only names and sizes are hashed")
    names_limit_files: int = Field(gt=0, description="larger folders are not fingerprinted")


class MlflowSettings(Settings):
    """The MLflow store."""

    enabled: bool = Field(description="without it MLflow is not even imported")
    tracking_uri: str = Field(min_length=1, description="a relative SQLite file is in the project")
    artifact_folder: str | None = Field(description="of a new experiment; null leaves it to the server")
    experiment: str = Field(min_length=1, description="name of the experiment that the runs belong to")


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
