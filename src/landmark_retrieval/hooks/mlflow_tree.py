"""One MLflow run per `kedro run`, per variant and model in it, and per ablation of a model."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from landmark_retrieval.hooks.mlflow_namespaces import Namespace
from landmark_retrieval.hooks.mlflow_values import LONGEST_TAG, MetricValue, flatten, legal_key, shorten
from landmark_retrieval.hooks.tracking import MlflowSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_BATCH = 100


@dataclass
class TrackedRun:
    """A run of the store, with the parameters, dataset inputs and manifest tags logged so far.

    `parts` is `()`, `(namespace,)` or `(namespace, ablation)`.
    """

    run_id: str
    parts: tuple[str, ...]
    parameters: dict[str, str] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    tags: dict[str, str] = field(default_factory=dict)
    is_open: bool = True

    def below(self, dataset: str) -> str:
        """Name of a dataset or parameter without the prefix of this run."""
        parts = dataset.split(".")
        own = max((i for i, part in enumerate(parts) if part in self.parts), default=-1)
        return ".".join(parts[own + 1 :])


class RunTree:
    """The runs of one `kedro run`, nested; those of namespaces and ablations are opened on first use.

    They end with the last node of their namespace in the pipeline; nodes of other namespaces belong to the
    outermost run, whose `name` and `tags` are given. All runs have the tag `session`.
    """

    def __init__(
        self,
        client: MlflowClient,
        experiment_id: str,
        name: str,
        tags: dict[str, str],
        pipeline: Pipeline,
        namespaces: Mapping[str, Namespace],
    ) -> None:
        self._client, self._experiment_id = client, experiment_id
        self._namespaces, self._session = namespaces, tags["session"]
        self._unfinished = Counter(parts for node in pipeline.nodes for parts in self._enclosing(node))
        self.root = self._create(name, (), {**tags, "level": "run"})
        self._runs: dict[tuple[str, ...], TrackedRun] = {(): self.root}

    def run_of(self, node: Node) -> TrackedRun:
        """The run that a node belongs to."""
        return self._run(self._parts(node))

    def tag(self, run: TrackedRun, tags: dict[str, str]) -> None:
        """Set tags of one run."""
        from mlflow.entities import RunTag

        entities = [RunTag(legal_key(key), shorten(value, LONGEST_TAG)) for key, value in tags.items()]
        self._client.log_batch(run.run_id, tags=entities)

    def tag_manifest(self, run: TrackedRun, variant: str, fingerprint: str, version: str) -> None:
        """Tag a run, and those around it, with the manifest that it is based on; that of others is no tag."""
        for depth in range(1, len(run.parts) + 1):
            around = self._run(run.parts[:depth])
            behind = self._namespaces[run.parts[0]].manifests
            tags = {
                f"{prefix}_{key}": value
                for prefix, name in behind.items()
                if name == variant
                for key, value in (("fingerprint", fingerprint), ("version", version))
            }
            if not tags.items() <= around.tags.items():
                around.tags |= tags
                self.tag(around, tags)

    def log_parameters(self, run: TrackedRun, name: str, value: Any) -> None:
        """Log the leaves of a parameter; one whose short key is taken goes by its full key."""
        from mlflow.entities import Param

        new = {}
        short, full = flatten(value, run.below(name)), flatten(value, f"params.{name}")
        for key, full_key in zip(short, full, strict=True):
            chosen = key if run.parameters.get(key, short[key]) == short[key] else full_key
            if chosen not in run.parameters:
                new[chosen] = run.parameters[chosen] = short[key]
        entities = [Param(key, value) for key, value in new.items()]
        for start in range(0, len(entities), _BATCH):
            self._client.log_batch(run.run_id, params=entities[start : start + _BATCH])

    def log_metrics(self, run: TrackedRun, values: list[MetricValue]) -> None:
        """Log points of metrics."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entities = [Metric(value.key, value.value, now, value.step) for value in values]
        for start in range(0, len(entities), _BATCH):
            self._client.log_batch(run.run_id, metrics=entities[start : start + _BATCH])

    def log_input(self, run: TrackedRun, name: str, fingerprint: str, source: str, context: str) -> None:
        """Log a dataset that a run reads or makes, once."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        if name in run.inputs:
            return
        run.inputs.add(name)
        dataset = Dataset(name, fingerprint[:36], source_type="local", source=source)
        self._client.log_inputs(
            run.run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", context)])]
        )

    def log_file(self, run: TrackedRun, path: Path, folder: str) -> None:
        """Copy a file to a folder of the run's artefacts."""
        self._client.log_artifact(run.run_id, str(path), folder)

    def end(self, node: Node) -> None:
        """A node has ended; so have the runs of its namespaces whose last node it was."""
        for parts in self._enclosing(node):
            self._unfinished[parts] -= 1
            if not self._unfinished[parts]:
                self._terminate(self._run(parts), "FINISHED")

    def close(self, status: str, tags: dict[str, str]) -> None:
        """End every open run."""
        for run in reversed(self._runs.values()):
            if run.is_open:
                self.tag(run, tags)
                self._terminate(run, status)

    def _terminate(self, run: TrackedRun, status: str) -> None:
        run.is_open = False
        self._client.set_terminated(run.run_id, status)

    def _parts(self, node: Node) -> tuple[str, ...]:
        parts = tuple((node.namespace or "").split("."))[:2]
        return parts if parts[0] in self._namespaces else ()

    def _enclosing(self, node: Node) -> Iterator[tuple[str, ...]]:
        parts = self._parts(node)
        return (parts[:length] for length in range(len(parts), 0, -1))

    def _run(self, parts: tuple[str, ...]) -> TrackedRun:
        if parts not in self._runs:
            namespace = self._namespaces[parts[0]]
            tags = {
                "mlflow.parentRunId": self._run(parts[:-1]).run_id,
                "session": self._session,
                "level": namespace.level if len(parts) == 1 else "ablation",
                **namespace.tags,
                **({} if len(parts) == 1 else {"ablation": parts[1]}),
            }
            self._runs[parts] = self._create(".".join(parts), parts, tags)
        return self._runs[parts]

    def _create(self, name: str, parts: tuple[str, ...], tags: dict[str, str]) -> TrackedRun:
        shortened = {key: shorten(value, LONGEST_TAG) for key, value in tags.items()}
        run = self._client.create_run(self._experiment_id, tags=shortened, run_name=name)
        return TrackedRun(run.info.run_id, parts)


def open_experiment(settings: MlflowSettings, project: Path) -> tuple[MlflowClient, str]:
    """Client of the store and id of the experiment, both created if missing."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=_below(project, settings.tracking_uri))
    found = client.get_experiment_by_name(settings.experiment)
    if found is not None:
        return client, found.experiment_id
    folder = settings.artifact_folder
    location = None if folder is None else (project / folder).as_uri()
    return client, client.create_experiment(settings.experiment, artifact_location=location)


def _below(project: Path, uri: str) -> str:
    """A relative SQLite file lies in the project, wherever the command is given."""
    scheme, is_sqlite, file = uri.partition("sqlite:///")
    return uri if not is_sqlite or scheme else f"sqlite:///{(project / file).as_posix()}"
