"""What every re-ranking step has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import NEEDS, NeedName, RerankingInputs


class RerankingStep(Settings, ABC):
    """A named method with its parameters; equal steps give equal results on equal inputs."""

    is_search: ClassVar[bool] = False
    """Whether the step needs no ranking to start from."""

    method: str

    @property
    def needs(self) -> frozenset[NeedName]:
        """Inputs that the step reads beside embeddings, `depth` and the neighbours of index images."""
        return frozenset()

    @property
    def neighbours_needed(self) -> int:
        """Neighbours of each index image that the step looks at, the image itself included."""
        return 0

    @property
    def changes_inputs(self) -> bool:
        """Whether later steps see other inputs than this one; such a step overrides `run`."""
        return False

    def run(self, ranking: Ranking | None, inputs: RerankingInputs) -> tuple[Ranking, RerankingInputs]:
        """The ranking after this step, and the inputs of the next."""
        return self.apply(ranking, inputs), inputs

    @abstractmethod
    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The ranking after this step.

        Raises:
            DataError: the step starts from a ranking and there is none.
        """

    def require_ranking(self, ranking: Ranking | None) -> Ranking:
        """The ranking to start from.

        Raises:
            DataError: there is none.
        """
        if ranking is None:
            raise DataError(f"{self.method}: needs a ranking to start from, put knn before it")
        return ranking


def needs_of(steps: Iterable[RerankingStep]) -> tuple[NeedName, ...]:
    """Rows of `NEEDS` that the steps read, in the order of the table.

    Neighbours are not provided for offline diffusion, whose own rows are solved from more of them.
    """
    needed: set[NeedName] = set()
    for step in steps:
        needed |= step.needs
        if step.neighbours_needed and "offline_diffusion" not in step.needs:
            needed.add("neighbours")
    return tuple(need for need in NEEDS if need in needed)


def depends_on_labels(steps: Iterable[RerankingStep]) -> bool:
    """Whether the ranking of a chain changes with the training set that votes."""
    return any(NEEDS[need].of_labels for need in needs_of(steps))
