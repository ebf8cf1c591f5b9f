"""Lineage records: versions of the files that a run read and wrote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.io.core import is_parameter
from kedro.pipeline.node import Node
from pydantic_core import to_jsonable_python

from landmark_retrieval.hooks.artefacts import Fingerprints, locate
from landmark_retrieval.hooks.origins import Origins
from landmark_retrieval.hooks.provenance import provenance
from landmark_retrieval.hooks.running_nodes import NodeHooks, RunningNodes
from landmark_retrieval.hooks.tracking import read_tracking
from landmark_retrieval.storage.atomic_write import atomic_write


class LineageHooks(NodeHooks):
    """Writes `<lineage folder>/<session>.json` again after every node, so that a killed run leaves one too.

    Beside each artefact it records what this was made from (`manifests/origin.py`), and it stops a run before
    a node joins artefacts that do not belong together.

    A record holds where the run comes from (code, command, choices), its status, each dataset read and
    written with its version, SHA-256, size and nodes, and the parameters that nodes took.
    """

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: CatalogProtocol[Any, Any]) -> None:
        """Begin the record."""
        settings = read_tracking(self._context).lineage
        fingerprints = Fingerprints(settings.content_limit_bytes, settings.names_limit_files)
        self._record = LineageRecord(run_params, catalog, settings.folder, fingerprints)
        self._origins = Origins(catalog, fingerprints)
        self._nodes = RunningNodes()
        self._record.write("running")

    def _begin(self, node: Node) -> None:
        self._nodes.begin(node)

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Check that the inputs of a node belong together.

        Raises:
            DataError: they do not.
        """
        self._begin(node)
        self._origins.begin(node, inputs)

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Record what an artefact is made from before it can be taken for complete."""
        self._origins.save(dataset_name, node)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Note what was read."""
        if is_parameter(dataset_name):
            self._record.take_parameter(dataset_name, data)
        else:
            self._record.note(dataset_name, node, saved=False)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Note what was written."""
        self._record.note(dataset_name, node, saved=True)
        if self._nodes.save(node, dataset_name):
            self._record.write("running")

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the record."""
        self._record.write("succeeded")

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """End the record with what went wrong, and where."""
        self._record.write("failed", error, self._nodes.names)


class LineageRecord:
    """The record of one run."""

    def __init__(
        self,
        run_params: dict[str, Any],
        catalog: CatalogProtocol[Any, Any],
        folder: str,
        fingerprints: Fingerprints,
    ) -> None:
        self._project = Path(run_params["project_path"])
        self._path = self._project / folder / f"{run_params['run_id']}.json"
        self._catalog, self._fingerprints = catalog, fingerprints
        self._head = {**provenance(run_params), "started": _now()}
        self._parameters: dict[str, Any] = {"sha256": _sha256(catalog.load("parameters")), "taken": {}}
        self._datasets: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._lock = RLock()

    def take_parameter(self, name: str, value: Any) -> None:
        """Note a parameter that a node took."""
        with self._lock:
            self._parameters["taken"][name] = to_jsonable_python(value, fallback=str)

    def note(self, name: str, node: Node, *, saved: bool) -> None:
        """Note that a node wrote or read a dataset."""
        dataset = self._catalog.get(name)
        path, version = locate(dataset, saved=saved)
        known = {"name": name, "type": _type(dataset), "path": self._shown(path), "version": version}
        if path is not None:
            known |= asdict(self._fingerprints.of(path, changed=saved))
        with self._lock:
            entry = self._datasets.setdefault((name, version), {"written_by": None, "read_by": []} | known)
            entry |= known
            if saved:
                entry["written_by"] = node.name
            elif node.name not in entry["read_by"]:
                entry["read_by"].append(node.name)

    def write(self, status: str, error: Exception | None = None, nodes: list[str] | None = None) -> None:
        """Write the record in its present state; `nodes` are those in which `error` happened."""
        with self._lock:
            record = {**self._head, "status": status, "ended": None if status == "running" else _now()}
            if error is not None:
                record["error"] = {"type": type(error).__name__, "message": str(error), "nodes": nodes}
            record |= {"parameters": self._parameters, "datasets": list(self._datasets.values())}
            with atomic_write(self._path) as partial:
                text = json.dumps(to_jsonable_python(record, fallback=str), indent=1, ensure_ascii=False)
                partial.write_text(text + "\n", encoding="utf-8")

    def _shown(self, path: Path | None) -> str | None:
        if path is None:
            return None
        return (path.relative_to(self._project) if path.is_relative_to(self._project) else path).as_posix()


def _type(dataset: Any) -> str:
    return f"{type(dataset).__module__}.{type(dataset).__qualname__}"


def _sha256(parameters: Any) -> str:
    values = to_jsonable_python(parameters, fallback=str)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
