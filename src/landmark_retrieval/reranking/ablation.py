"""An ablation: a named chain of re-ranking steps, as data."""

from __future__ import annotations

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.reranking.chain import Step


class Ablation(Settings):
    """A named chain of re-ranking steps, behind those of the ablation `after`."""

    after: str | None = None
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _starts_somewhere(self) -> Ablation:
        if self.after is None and not self.steps[0].is_search:
            raise ValueError(f"{self.steps[0].method!r} needs a ranking: expected knn or `after` before it")
        return self

    @model_validator(mode="after")
    def _ranks_index_images(self) -> Ablation:
        switches = [s.method for s in self.steps if s.method in ("add_train_to_index", "drop_train")]
        if switches and switches[-1] == "add_train_to_index":
            raise ValueError(
                "add_train_to_index without drop_train behind it: protocols judge index images alone"
            )
        return self
