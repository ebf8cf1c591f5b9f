"""Inputs and outputs of nodes, recorded in MLflow runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from kedro.io import CatalogProtocol
from kedro.io.core import is_parameter
from kedro.pipeline.node import Node

from landmark_retrieval.datasets.html import HtmlDataset
from landmark_retrieval.hooks.artefacts import locate
from landmark_retrieval.hooks.mlflow_tree import RunTree, TrackedRun
from landmark_retrieval.hooks.mlflow_values import history_values, metric_values, protocols
from landmark_retrieval.hooks.running_nodes import RunningNodes
from landmark_retrieval.manifests.origin import read_origin

logger = logging.getLogger(__name__)

_MANIFEST = ".manifest"
_SHOWN = ("per_query", "gallery", "page")


class MlflowRecorder:
    """Hands the inputs and outputs of nodes to the runs they belong to, one at a time."""

    def __init__(self, tree: RunTree, catalog: CatalogProtocol[Any, Any]) -> None:
        self._tree, self._catalog = tree, catalog
        self._nodes, self._lock = RunningNodes(), RLock()

    def begin(self, node: Node) -> None:
        """A node begins: its run is opened where it is the first of its namespace."""
        if self._nodes.begin(node):
            with self._recording(node.name):
                self._tree.run_of(node)

    def take(self, dataset: str, data: Any, node: Node) -> None:
        """A node took an input: parameters and manifests are recorded."""
        with self._recording(dataset):
            run = self._tree.run_of(node)
            if is_parameter(dataset):
                self._tree.log_parameters(run, dataset.removeprefix("params:"), data)
            elif dataset.endswith(_MANIFEST):
                self._record_manifest(run, dataset, data, saved=False)

    def make(self, dataset: str, data: Any, node: Node) -> None:
        """A node made an output."""
        with self._recording(dataset):
            self._record_output(self._tree.run_of(node), dataset, data)
        if self._nodes.save(node, dataset):
            with self._recording(f"the end of {node.name}"):
                self._tree.end(node)

    def close(self, status: str, tags: dict[str, str]) -> None:
        """End every open run, with the tags and the nodes that did not end."""
        if self._nodes.names:
            tags = {**tags, "unfinished_nodes": ", ".join(self._nodes.names)}
        with self._recording("the end of the run"):
            self._tree.close(status, tags)

    def _record_output(self, run: TrackedRun, name: str, data: Any) -> None:
        stem, _, kind = run.below(name).rpartition(".")
        if kind == "manifest":
            self._record_manifest(run, name, data, saved=True)
        elif kind == "metrics":
            self._tree.log_metrics(run, metric_values(data, stem))
            self._tree.tag(run, protocols(data, stem))
        elif kind == "history":
            self._tree.log_metrics(run, history_values(data, stem))
        dataset = self._catalog.get(name)
        path, _ = locate(dataset, saved=True)
        if path is not None and (origin := read_origin(path)) is not None:
            for ancestor, entry in origin.ancestors.items():
                if ancestor.endswith(_MANIFEST):
                    self._tree.tag_manifest(
                        run, ancestor.removesuffix(_MANIFEST), entry.fingerprint, entry.version
                    )
        if path is not None and (isinstance(dataset, HtmlDataset) or kind in _SHOWN):
            self._tree.log_file(run, path, run.below(name))

    def _record_manifest(self, run: TrackedRun, name: str, manifest: Any, *, saved: bool) -> None:
        from landmark_retrieval.manifests.manifest import manifest_fingerprint

        fingerprint = manifest_fingerprint(manifest)
        path, version = locate(self._catalog.get(name), saved=saved)
        self._tree.tag_manifest(run, name.removesuffix(_MANIFEST), fingerprint, version or "")
        self._tree.log_input(run, name, fingerprint, str(path), "made" if saved else "read")

    @contextmanager
    def _recording(self, what: str) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception:  # a record is no reason to lose the work
                logger.warning("MLflow has no record of %s", what, exc_info=True)
