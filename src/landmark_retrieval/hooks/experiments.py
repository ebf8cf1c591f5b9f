"""Takes the run's experiments before the pipelines are built."""

from __future__ import annotations

from pathlib import Path

import yaml
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from landmark_retrieval import experiments


class ExperimentsHooks:
    """The pipelines' shape follows the parameters of the chosen environment."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hand the run's `experiments` parameters to the pipelines.

        Raises:
            DataError: a parameter that nothing reads.
        """
        # not context.params: it imports the pipelines, whose shape is decided here
        loader = context.config_loader
        parameters = loader["parameters"]
        experiments.choose(parameters)
        defaults = _names_in(Path(loader.conf_source, "base", "parameters"))
        experiments.refuse_unknown(parameters, experiments.chosen(), defaults)


def _names_in(folder: Path) -> set[str]:
    # the loader gives the defaults only mixed with the command line's parameters
    files = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in folder.glob("*.yml"))
    return {name for parameters in files for name in parameters}
