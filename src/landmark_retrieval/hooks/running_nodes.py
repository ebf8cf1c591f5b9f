"""Nodes that have begun and not ended, and the hooks that are told of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node


class NodeHooks(ABC):
    """Base of hooks that are told when a node begins."""

    @abstractmethod
    def _begin(self, node: Node) -> None:
        """A node loads an input or runs; called once for each."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where the configuration comes from."""
        self._context = context

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """A node begins with its first input."""
        self._begin(node)

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        """A node without inputs begins here."""
        self._begin(node)


class RunningNodes:
    """A node begins with its first input and ends with its last saved output.

    Kedro notifies hooks of errors in a node's function only; what is still running when a run fails is also
    the node whose input could not be loaded or whose output could not be saved.
    """

    def __init__(self) -> None:
        self._unsaved: dict[str, set[str]] = {}
        self._lock = Lock()

    @property
    def names(self) -> list[str]:
        """Names of the nodes, sorted."""
        with self._lock:
            return sorted(self._unsaved)

    def begin(self, node: Node) -> bool:
        """Whether the node had not begun before."""
        with self._lock:
            begun = node.name in self._unsaved
            self._unsaved.setdefault(node.name, set(node.outputs))
            return not begun

    def save(self, node: Node, dataset: str) -> bool:
        """Whether `dataset` was the node's last output."""
        with self._lock:
            unsaved = self._unsaved[node.name]
            unsaved.discard(dataset)
            if not unsaved:
                del self._unsaved[node.name]
            return not unsaved
