"""Sources, datasets, models, ablations, benchmarks and audits of a run."""

from landmark_retrieval.experiments.experiments import Experiments, are_chosen, choose, chosen, refuse_unknown

__all__ = ["Experiments", "are_chosen", "choose", "chosen", "refuse_unknown"]
