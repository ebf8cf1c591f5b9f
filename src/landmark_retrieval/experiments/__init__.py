"""Sources, variants, models, benchmarks, ablations and audits: what a run consists of."""

from typing import TYPE_CHECKING

from landmark_retrieval.lazy import attach

if TYPE_CHECKING:
    from landmark_retrieval.experiments.current import are_chosen as are_chosen
    from landmark_retrieval.experiments.current import choose as choose
    from landmark_retrieval.experiments.current import chosen as chosen
    from landmark_retrieval.experiments.current import refuse_unknown as refuse_unknown
    from landmark_retrieval.experiments.experiments import Experiments as Experiments

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"current": ("are_chosen", "choose", "chosen", "refuse_unknown"), "experiments": ("Experiments",)},
)
