"""Progress of a run and time by node."""

from __future__ import annotations

import logging
from threading import Lock
from time import perf_counter
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from landmark_retrieval.hooks.running_nodes import NodeHooks, RunningNodes

logger = logging.getLogger(__name__)

_SLOW = 1.0  # seconds


class ProgressHooks(NodeHooks):
    """One line when a node begins, and one with its times when it took longer than a second."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Count the nodes."""
        self._nodes, self._lock = RunningNodes(), Lock()
        self._begun, self._total = 0, len(pipeline.nodes)
        self._laps: dict[str, list[float]] = {}

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """Everything is loaded."""
        self._begin(node)
        self._laps[node.name].append(perf_counter())

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """The function has ended."""
        self._laps[node.name].append(perf_counter())

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """A node ends with its last output."""
        if not self._nodes.save(node, dataset_name):
            return
        begun, loaded, ran = self._laps.pop(node.name)
        saved = perf_counter()
        if saved - begun > _SLOW:
            laps = (saved - begun, loaded - begun, ran - loaded, saved - ran)
            logger.info("%s took %.1f s (load %.1f, run %.1f, save %.1f)", node.name, *laps)

    def _begin(self, node: Node) -> None:
        if not self._nodes.begin(node):
            return
        with self._lock:
            self._begun += 1
            self._laps[node.name] = [perf_counter()]
            logger.info("node %d of %d: %s", self._begun, self._total, node.name)
