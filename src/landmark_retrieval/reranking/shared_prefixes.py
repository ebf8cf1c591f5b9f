"""Chains that begin alike, cut so that what they share is run once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from landmark_retrieval.reranking.step import RerankingStep

Chain = tuple[RerankingStep, ...]


@dataclass(frozen=True)
class Link:
    """A part of a chain that is run by itself.

    Attributes:
        after: the link whose ranking it goes on from; `None` at the beginning of a chain.
        chain: a chain that it is a part of, by name.
        first: number of the chain's step that it begins with.
        last: number of the chain's step before which it ends; `first` where the chain repeats another.
    """

    after: str | None
    chain: str
    first: int
    last: int


def share_prefixes(chains: Mapping[str, Sequence[RerankingStep]]) -> dict[str, Link]:
    """Cut chains where they part.

    A chain goes on from the longest beginning that is itself a chain or at which chains part. Nothing goes on
    from a beginning that changes the inputs of later steps, as only its ranking is kept.

    Args:
        chains: steps from the first search on, by name.

    Returns:
        One link for each chain, and one for each beginning at which chains part and that is no chain itself;
        such a link is named by its methods.
    """
    names = {tuple(steps): name for name, steps in reversed(list(chains.items()))}
    for prefix in _partings(chains):
        names.setdefault(prefix, _free_name(prefix, {*chains, *names.values()}))
    links = {}
    for steps, name in names.items():
        done = _done_before(steps, names)
        links[name] = Link(names.get(steps[:done]), _owner(name, steps, chains), done, len(steps))
    for name, chain in chains.items():
        links.setdefault(name, Link(names[tuple(chain)], name, len(chain), len(chain)))
    return links


def _owner(link: str, prefix: Chain, chains: Mapping[str, Sequence[RerankingStep]]) -> str:
    begun = (name for name, steps in chains.items() if tuple(steps[: len(prefix)]) == prefix)
    return link if link in chains else next(begun)


def _partings(chains: Mapping[str, Sequence[RerankingStep]]) -> list[Chain]:
    """Beginnings after which chains go on differently, and that later steps may start from."""
    following: dict[Chain, set[RerankingStep]] = {}
    for steps in chains.values():
        for n in range(1, len(steps)):
            following.setdefault(tuple(steps[:n]), set()).add(steps[n])
    return [prefix for prefix, next_steps in following.items() if len(next_steps) > 1 and _keeps(prefix)]


def _done_before(steps: Chain, names: Mapping[Chain, str]) -> int:
    """Length of the longest beginning that the chain can go on from."""
    ends = range(len(steps) - 1, 0, -1)
    return next((n for n in ends if steps[:n] in names and _keeps(steps[:n])), 0)


def _keeps(steps: Chain) -> bool:
    return not any(step.changes_inputs for step in steps)


def _free_name(steps: Chain, taken: set[str]) -> str:
    name = "-".join(step.method for step in steps)
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
