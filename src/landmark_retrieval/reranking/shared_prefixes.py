"""Common prefixes of chains, which run once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from landmark_retrieval.reranking.step import RerankingStep

Chain = tuple[RerankingStep, ...]


@dataclass(frozen=True)
class Segment:
    """Consecutive steps of a chain that run as one node.

    Attributes:
        after: the segment whose ranking it starts from; `None` at the beginning of a chain.
        ablation: an ablation whose chain it is a part of.
        start: number of its first step in the chain.
        stop: number after that of its last step; `start` where the chain equals another one.
    """

    after: str | None
    ablation: str
    start: int
    stop: int


def share_prefixes(chains: Mapping[str, Sequence[RerankingStep]]) -> dict[str, Segment]:
    """Cut chains, by name from the first search on, where they differ.

    A chain continues the longest prefix that is itself a chain or after which chains differ. A prefix that
    changes the inputs of later steps is never continued, as only its ranking is kept.

    Returns:
        One segment for each chain, and one for each prefix after which chains differ and that is no chain
        itself, named by its methods.
    """
    names = {tuple(steps): name for name, steps in reversed(list(chains.items()))}
    for prefix in _branchings(chains):
        names.setdefault(prefix, _free_name(prefix, {*chains, *names.values()}))
    segments = {}
    for steps, name in names.items():
        done = _done_before(steps, names)
        segments[name] = Segment(names.get(steps[:done]), _owner(name, steps, chains), done, len(steps))
    for name, chain in chains.items():
        segments.setdefault(name, Segment(names[tuple(chain)], name, len(chain), len(chain)))
    return segments


def _owner(segment: str, prefix: Chain, chains: Mapping[str, Sequence[RerankingStep]]) -> str:
    begun = (name for name, steps in chains.items() if tuple(steps[: len(prefix)]) == prefix)
    return segment if segment in chains else next(begun)


def _branchings(chains: Mapping[str, Sequence[RerankingStep]]) -> list[Chain]:
    """Prefixes after which chains differ and from which later steps may start."""
    following: dict[Chain, set[RerankingStep]] = {}
    for steps in chains.values():
        for n in range(1, len(steps)):
            following.setdefault(tuple(steps[:n]), set()).add(steps[n])
    return [prefix for prefix, next_steps in following.items() if len(next_steps) > 1 and _keeps(prefix)]


def _done_before(steps: Chain, names: Mapping[Chain, str]) -> int:
    """Length of the longest prefix that the chain can continue."""
    ends = range(len(steps) - 1, 0, -1)
    return next((n for n in ends if steps[:n] in names and _keeps(steps[:n])), 0)


def _keeps(steps: Chain) -> bool:
    return not any(step.changes_inputs for step in steps)


def _free_name(steps: Chain, taken: set[str]) -> str:
    name = "-".join(step.method for step in steps)
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
