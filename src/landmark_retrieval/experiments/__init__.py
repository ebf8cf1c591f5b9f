"""Sources, datasets, models, ablations, benchmarks and audits of a run."""

from landmark_retrieval.experiments.experiments import Experiments, choose, chosen, refuse_unknown

__all__ = ["Experiments", "choose", "chosen", "refuse_unknown"]
