"""MLflow hook."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic_core import to_jsonable_python

from landmark_retrieval.hooks.mlflow_namespaces import namespaces_of
from landmark_retrieval.hooks.mlflow_recorder import MlflowRecorder
from landmark_retrieval.hooks.mlflow_tree import RunTree, open_experiment
from landmark_retrieval.hooks.provenance import provenance
from landmark_retrieval.hooks.running_nodes import NodeHooks
from landmark_retrieval.hooks.tracking import read_tracking


class MlflowHooks(NodeHooks):
    """A run per `kedro run`, in it one per variant and model (namespace), in that one per ablation.

    * parameters: what nodes of the namespace take; the experiments on the outermost run;
    * metrics: datasets `….metrics` with intervals, `….history` epoch by epoch;
    * tags: `level`, `variant`, `model`, `voters`, `ablation`, `manifest_fingerprint`,
      `voters_fingerprint`; code and command on the outermost run;
    * dataset inputs: manifests read and made;
    * artefacts: pages and per-query tables.

    A store that cannot be opened stops the run before it begins; one that fails later costs a warning.
    """

    _recorder: MlflowRecorder | None = None

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Open the outermost run."""
        settings = read_tracking(self._context).mlflow
        self._recorder = None
        if not settings.enabled:
            return
        client, experiment_id = open_experiment(settings, Path(run_params["project_path"]))
        parameters = to_jsonable_python(catalog.load("parameters"), fallback=str)
        experiments = parameters.get("experiments", {})
        name, tags = _name_and_tags(run_params)
        tree = RunTree(client, experiment_id, name, tags, pipeline, namespaces_of(experiments))
        tree.log_parameters(tree.root, "experiments", experiments)
        self._recorder = MlflowRecorder(tree, catalog)
        atexit.register(self._close, "KILLED", {})

    def _begin(self, node: Node) -> None:
        if self._recorder is not None:
            self._recorder.begin(node)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log parameters and manifests that a node takes."""
        if self._recorder is not None:
            self._recorder.take(dataset_name, data, node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log what a node made."""
        if self._recorder is not None:
            self._recorder.make(dataset_name, data, node)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the runs that are still open."""
        self._close("FINISHED", {})

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """End the open runs as failed, with what went wrong."""
        self._close("FAILED", {"error": f"{type(error).__name__}: {error}"})

    def _close(self, status: str, tags: dict[str, str]) -> None:
        atexit.unregister(self._close)
        if self._recorder is not None:
            self._recorder.close(status, tags)
        self._recorder = None


def _name_and_tags(run_params: dict[str, Any]) -> tuple[str, dict[str, str]]:
    origin = provenance(run_params)
    pipeline = ",".join(origin["pipeline_names"] or ["__default__"])
    tags = {key: origin[key] for key in ("session", "env", "command", "git_commit", "git_dirty")}
    tags |= {"pipeline": pipeline, "mlflow.source.git.commit": origin["git_commit"]}
    return f"{pipeline} {origin['session']}", {k: str(v) for k, v in tags.items() if v is not None}
