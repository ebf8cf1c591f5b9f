import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pydantic import ValidationError

from landmark_retrieval.hooks.tracking import Tracking, read_tracking

pytestmark = pytest.mark.costly


def test_an_environment_changes_single_keys(project):
    bootstrap_project(project.path)
    with KedroSession.create(project.path, env="quiet") as session:
        tracking = read_tracking(session.load_context())
    assert not tracking.mlflow.enabled
    assert tracking.mlflow.experiment == "tiny"


def test_a_key_that_does_not_exist_is_named():
    lineage = {"folder": "x", "content_limit_bytes": 1, "names_limit_files": 1}
    mlflow = {"enabled": True, "tracking_uri": "sqlite:///a", "artifact_folder": None, "experiment": "e"}
    assert Tracking.model_validate({"lineage": lineage, "mlflow": mlflow}).mlflow.artifact_folder is None
    with pytest.raises(ValidationError, match=r"mlflow\.tracking_url\n"):
        Tracking.model_validate({"lineage": lineage, "mlflow": mlflow | {"tracking_url": "a"}})
