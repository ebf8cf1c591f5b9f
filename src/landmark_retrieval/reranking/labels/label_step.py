"""What the steps that go by predicted landmarks share."""

from __future__ import annotations

from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import Votes


def required_votes(inputs: RerankingInputs, k: int, method: str) -> tuple[Votes, Votes]:
    """Votes on queries and index images, of `k` neighbours or more.

    Raises:
        DataError: they were not given, or of fewer neighbours.
    """
    query_votes, index_votes = inputs.query_votes, inputs.index_votes
    if query_votes is None or index_votes is None:
        raise DataError(f"{method}: {k} neighbours are to vote, but no votes were given")
    depth = min(query_votes.depth, index_votes.depth)
    if depth < k:
        raise DataError(f"{method}: {k} neighbours are to vote, but votes of {depth} were given")
    return query_votes, index_votes


class LabelStep(RerankingStep):
    """A step that goes by predicted landmarks.

    Attributes:
        votes: neighbours that vote on the landmarks once more, at most as many as votes were collected; None
            takes the predictions as they are.
    """

    votes: int | None = Field(default=None, gt=0)

    @property
    def needs(self) -> frozenset[NeedName]:
        """The predictions, or the votes if there is to be a new vote."""
        return frozenset({"predictions" if self.votes is None else "votes"})

    def predictions(self, inputs: RerankingInputs) -> tuple[LabelPrediction, LabelPrediction]:
        """Landmarks of queries and of index images.

        Raises:
            DataError: there are no predictions, or fewer votes were collected than are to be counted.
        """
        if self.votes is None:
            queries, index = inputs.query_predictions, inputs.index_predictions
            if queries is None or index is None:
                raise DataError(f"{self.method}: needs predicted landmarks of queries and index, found none")
            return queries, index
        query_votes, index_votes = required_votes(inputs, self.votes, self.method)
        return soft_vote(query_votes, self.votes), soft_vote(index_votes, self.votes)
