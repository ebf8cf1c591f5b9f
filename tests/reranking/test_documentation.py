"""docs/reranking.md has a section for every method, with its parameters and their defaults."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from landmark_retrieval.reranking.chain import Step

METHODS = {step.model_fields["method"].default: step for step in get_args(get_args(Step)[0])}
PAGE = (Path(__file__).parents[2] / "docs" / "reranking.md").read_text(encoding="utf-8")
SECTIONS = dict(section.split("\n", 1) for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:])


def documented(method):
    """Names and defaults in the tables of the sections that name a method in their heading."""
    sections = [text for heading, text in SECTIONS.items() if f"`{method}`" in heading]
    assert sections, f"docs/reranking.md: no heading names `{method}`"
    for row in re.findall(r"^\| (.*) \|$", "\n".join(sections), flags=re.MULTILINE):
        names, defaults, *_ = row.split(" | ")
        for name, default in zip(names.split(", "), defaults.split(", "), strict=False):
            yield name.strip("`"), default.strip("`")


@pytest.mark.parametrize("method", METHODS)
def test_the_page_states_every_parameter_with_its_default(method):
    fields = {name: field.default for name, field in METHODS[method].model_fields.items() if name != "method"}
    stated = [(name, default) for name, default in documented(method) if name in fields]

    assert {name for name, _ in stated} == set(fields)
    for name, default in stated:
        value = yaml.safe_load(default)
        expected = fields[name]
        assert (float(value) if isinstance(expected, float) else value) == expected, name


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_the_number_of_methods_is_true(page):
    """The search and the removal of training images are steps, but re-rank nothing."""
    methods = METHODS.keys() - {"knn", "drop_train"}

    assert f" {len(methods)} re-ranking methods, " in (Path(__file__).parents[2] / page).read_text(
        encoding="utf-8"
    )
