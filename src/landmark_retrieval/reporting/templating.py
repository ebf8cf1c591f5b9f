"""HTML templates of the pages, and how values are printed in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel

from landmark_retrieval.reporting.figures import to_svg

ABSENT = "–"

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure


def environment() -> Environment:
    """The templates of this package: every name in them is escaped, an unknown one is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("landmark_retrieval.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def svg_of(figure: Figure, name: str) -> str:
    """A figure as it is put into a page; `name` tells its ids from those of other figures."""
    from markupsafe import Markup

    return Markup(to_svg(figure, name))


def text_of(value: object) -> str:
    """A value of a table as a page shows it: four digits, yes or no, a dash for nothing."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return ABSENT if np.isnan(value) else f"{value:.4g}"
    return str(value)


def flat_parameters(parameters: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted keys and their values, as one would write them on a command line."""
    for key, entry in parameters.items():
        value = entry.model_dump(exclude_unset=True) if isinstance(entry, BaseModel) else entry
        if isinstance(value, Mapping) and value:
            yield from flat_parameters(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
