"""Experiments of a run, read before the pipelines are built."""

from __future__ import annotations

from typing import cast

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from landmark_retrieval import experiments
from landmark_retrieval.config_loader import ComposedConfigLoader


class ExperimentsHooks:
    """The pipelines' shape follows the parameters of the chosen environments."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hand the run's `experiments` parameters to the pipelines.

        Raises:
            DataError: a parameter that nothing reads.
        """
        # not context.params: it imports the pipelines, whose shape is decided here
        loader = cast("ComposedConfigLoader", context.config_loader)
        parameters = loader["parameters"]
        experiments.choose(parameters)
        experiments.refuse_unknown(parameters, experiments.chosen(), loader.parameter_names)
