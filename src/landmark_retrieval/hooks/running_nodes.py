"""Nodes that have begun and not ended."""

from __future__ import annotations

from threading import Lock

from kedro.pipeline.node import Node


class RunningNodes:
    """A node begins with its first input and ends with its last saved output.

    Kedro tells hooks of errors in a node's function alone; what is still running when a run fails is also
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
