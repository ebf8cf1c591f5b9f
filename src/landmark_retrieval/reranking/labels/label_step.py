"""What the steps that go by predicted landmarks share."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.labels.probable_landmarks import query_landmarks, required_calibration
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
        certainty: smallest probability of the predicted landmark (as in calibrated labels) with which a query
            is changed; None changes all (as published).
    """

    votes: int | None = Field(default=None, gt=0)
    certainty: float | None = Field(default=None, gt=0, lt=1)

    @property
    def needs(self) -> frozenset[NeedName]:
        """The predictions, or the votes if there is a new vote; what probabilities are computed from."""
        voted: NeedName = "predictions" if self.votes is None else "votes"
        return frozenset({voted} if self.certainty is None else {voted, "train", "calibration"})

    def predictions(self, inputs: RerankingInputs) -> tuple[LabelPrediction, LabelPrediction]:
        """Landmarks of queries and of index images; none of queries that are not certain enough.

        Raises:
            DataError: there are no predictions, or fewer votes were collected than are to be counted; a
                certainty is wanted and there is no calibration.
        """
        queries, index = self._voted(inputs)
        if self.certainty is None:
            return queries, index
        calibration, train = required_calibration(inputs, self.method)
        probability = query_landmarks(inputs.queries, train, calibration).of(queries.landmark_ids)
        landmarks = np.where(probability >= self.certainty, queries.landmark_ids, UNKNOWN)
        return LabelPrediction(landmarks, queries.scores), index

    def _voted(self, inputs: RerankingInputs) -> tuple[LabelPrediction, LabelPrediction]:
        if self.votes is None:
            queries, index = inputs.query_predictions, inputs.index_predictions
            if queries is None or index is None:
                raise DataError(f"{self.method}: needs predicted landmarks of queries and index, found none")
            return queries, index
        query_votes, index_votes = required_votes(inputs, self.votes, self.method)
        return soft_vote(query_votes, self.votes), soft_vote(index_votes, self.votes)
