"""Random seeds of nodes, independent of what else runs."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline.node import Node


class SeedHooks:
    """Seeds the global generators of Python, NumPy and torch before each node by `params:seed` and its name.

    A safety net for foreign code that draws from them; what this project draws has its own generator. torch
    is seeded where it is loaded already, never loaded for this. Nodes of a ThreadRunner share the generators,
    there the seeds do not separate them.
    """

    @hook_impl
    def before_pipeline_run(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Take the run's seed."""
        self._seed = int(catalog.load("params:seed"))

    @hook_impl(trylast=True)
    def before_node_run(self, node: Node) -> None:
        """Seed for this node, after whatever other hooks draw."""
        seed = seed_of(self._seed, node.name)
        random.seed(seed)
        import numpy as np

        np.random.seed(seed)  # noqa: NPY002 the global state is what is to be seeded
        if "torch" in sys.modules:
            sys.modules["torch"].manual_seed(seed)


def seed_of(seed: int, node: str) -> int:
    """32 bits that follow from the run's seed and a node's name."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{node}".encode()).digest()[:4], "big")
