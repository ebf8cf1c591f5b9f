"""Takes the run's experiments before the pipelines are built."""

from __future__ import annotations

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from landmark_retrieval import experiments


class ExperimentsHooks:
    """The pipelines' shape follows the parameters of the chosen environment."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hand the run's `experiments` parameters to the pipelines."""
        # not context.params: it imports the pipelines, whose shape is decided here
        experiments.choose(context.config_loader["parameters"])
