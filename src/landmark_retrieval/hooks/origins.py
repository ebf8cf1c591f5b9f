"""Origins of artefacts: recorded as they are saved, checked where a node joins several."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import copy_context
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic_core import to_jsonable_python

from landmark_retrieval.errors import DataError
from landmark_retrieval.hooks.artefacts import Fingerprints, locate
from landmark_retrieval.manifests.origin import (
    Ancestor,
    Conflict,
    Input,
    Origin,
    find_conflict,
    origin_of,
    read_origin,
    write_origin,
)

_BUILDS = "builds."
"""Chosen versions of artefacts, which are there to be compared with others: nothing upstream need agree."""


class Origins:
    """Origins of what the nodes of a run read and write.

    What is kept in memory has its origin in memory, everything else beside its file.
    """

    def __init__(self, catalog: CatalogProtocol[Any, Any], fingerprints: Fingerprints) -> None:
        self._catalog, self._fingerprints = catalog, fingerprints
        self._made_by: dict[str, Origin] = {}
        self._in_memory: dict[str, Origin] = {}
        self._context = copy_context()  # that of the run, where nodes run in threads
        self._lock = Lock()

    def begin(self, node: Node, loaded: Mapping[str, Any]) -> None:
        """Check that the inputs of a node belong together, and remember what it makes things from.

        Raises:
            DataError: two inputs were made from different versions of an artefact, or by different
                parameters.
        """
        inputs = [self._input(name) for name in node.inputs if not is_parameter(name)]
        if conflict := find_conflict(inputs):
            raise DataError(f"{node.name}: {conflict}; {self._advice(conflict, inputs)}")
        parameters = {
            name.removeprefix("params:"): to_jsonable_python(value, fallback=str)
            for name, value in loaded.items()
            if is_parameter(name)
        }
        with self._lock:
            self._made_by[node.name] = origin_of(node.name, parameters, inputs)

    def save(self, name: str, node: Node) -> None:
        """Record the origin of what a node is about to save."""
        with self._lock:
            origin = self._made_by[node.name]
            self._in_memory[name] = origin
        path, _ = locate(self._catalog.get(name), saved=True)
        if path is not None:
            write_origin(path, origin)

    def _input(self, name: str) -> Input:
        path, version = locate(self._catalog.get(name), saved=False)
        if path is None:
            return Input(name, None, self._in_memory.get(name))
        itself = None if version is None else Ancestor(self._fingerprint(name, path, version), version)
        return Input(name, itself, None if name.startswith(_BUILDS) else read_origin(path))

    def _fingerprint(self, name: str, path: Path, version: str) -> str:
        if name.endswith(".manifest"):
            return _manifest_fingerprint(path)
        found = self._fingerprints.of(path, changed=False)
        return found.sha256 if found.sha256 is not None and found.sha256_of == "content" else version

    def _advice(self, conflict: Conflict, inputs: list[Input]) -> str:
        """Which pipelines make the stale inputs again."""
        registered = self._context.copy().run(_all_pipelines)
        whole = registered.pop("__default__")
        stale = [entry for entry in inputs if self._is_stale(conflict.about, entry)]
        after = whole.from_inputs(conflict.about).all_outputs() if conflict.about in self._catalog else set()
        outdated = {entry.name for entry in stale} | {
            n for entry in stale for n in entry.lineage if n in after
        }
        nodes = {name: place for place, node in enumerate(whole.nodes) for name in node.outputs}
        begins = {
            name: min(nodes[output] for output in made)
            for name, pipeline in registered.items()
            if (made := pipeline.all_outputs() & outdated)
        }
        return f"make them again: kedro run --pipelines={','.join(sorted(begins, key=lambda n: begins[n]))}"

    def _is_stale(self, ancestor: str, entry: Input) -> bool:
        newest = self._input(ancestor).itself if ancestor in self._catalog else None
        behind = entry.lineage.get(ancestor)
        return newest is None or (behind is not None and behind.fingerprint != newest.fingerprint)


def _all_pipelines() -> dict[str, Pipeline]:
    """Those that the run was not asked for, too."""
    pipelines.set_requested(None)
    return dict(pipelines)


@cache
def _manifest_fingerprint(path: Path) -> str:
    """That of its content, which pages and tags show."""
    import pandas as pd

    from landmark_retrieval.manifests.manifest import manifest_fingerprint

    return manifest_fingerprint(pd.read_parquet(path))
