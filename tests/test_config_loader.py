import re
from pathlib import Path
from typing import Any

import pytest

from landmark_retrieval.config_loader import ComposedConfigLoader
from landmark_retrieval.errors import DataError

FILES = {
    "base/parameters/a.yml": """
        seed: 0
        ablations: {knn: {k: 1}, aqe: {n: "${_images.n}"}, sort: {votes: null}}
        sizes: [[1, 2], [3, 4]]
        ratio: 0.5
        _images: {n: 4, k: 10}
    """,
    "base/parameters/b.yml": "training: {epochs: 3, loss: {name: arcface, margin: 0.3}}",
    "base/catalog.yml": "table: {type: text.TextDataset, filepath: '${globals:data}/table', versioned: true}",
    "base/globals.yml": "data: data\nlineage: records",
    "base/tracking.yml": "mlflow: {enabled: true, experiment: all}",
    "large/parameters.yml": "_images: {n: 10}\ntraining: {epochs: 5}",
    "large/globals.yml": "data: data/large",
    "more/parameters.yml": 'ablations: {dba: {n: "${_images.n}"}}\ntraining: {epochs: 7}',
    "more/tracking.yml": "mlflow: {experiment: more}",
    "more/catalog.yml": "table: {type: text.TextDataset, filepath: '${globals:data}/other'}",
}
KINDS = {
    "merge_strategy": {"parameters": "soft", "tracking": "soft"},
    "config_patterns": {"tracking": ["tracking*"]},
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(conf: Path, name: str, text: str) -> None:
    (conf / name).parent.mkdir(parents=True, exist_ok=True)
    (conf / name).write_text(text)


def load(conf: Path, env: str | None = None, **runtime: Any) -> ComposedConfigLoader:
    return ComposedConfigLoader(conf, env, runtime, base_env="base", default_run_env="base", **KINDS)


def overlaid(conf: Path, text: str, **runtime: Any) -> dict[str, Any]:
    """The parameters under an overlay."""
    write(conf, "mine/parameters.yml", text)
    return load(conf, "mine", **runtime)["parameters"]


def test_without_an_environment_there_is_the_base_alone(conf: Path):
    parameters = load(conf)["parameters"]

    assert parameters == load(conf, "base")["parameters"]
    assert list(parameters) == ["seed", "ablations", "sizes", "ratio", "training"]


def test_later_environments_come_on_top_of_earlier_ones(conf: Path):
    assert load(conf, "large,more")["parameters"]["training"]["epochs"] == 7
    assert load(conf, "more,large")["parameters"]["training"]["epochs"] == 5
    assert load(conf, " large , more ").environments == ("base", "large", "more")


@pytest.mark.parametrize("env", ["large,more", "more,large"])
def test_references_see_every_environment(conf: Path, env: str):
    ablations = load(conf, env)["parameters"]["ablations"]

    assert ablations["aqe"] == ablations["dba"] == {"n": 10}


def test_tracking_catalog_and_globals_compose_too(conf: Path):
    loader = load(conf, "large,more")

    assert loader["globals"] == {"data": "data/large", "lineage": "records"}
    assert loader["tracking"] == {"mlflow": {"enabled": True, "experiment": "more"}}
    assert loader["catalog"] == {"table": {"type": "text.TextDataset", "filepath": "data/large/other"}}


def test_an_unknown_environment_is_an_error_that_lists_the_known_ones(conf: Path):
    with pytest.raises(DataError, match=r"no environment 'lage'.*base, large, more"):
        load(conf, "more,lage")


@pytest.mark.parametrize(
    ("overlay", "key", "expected"),
    [
        ("training: {loss: {margin: 0.1}}", "training.loss", {"name": "arcface", "margin": 0.1}),
        ("training: {loss: {margin: null}}", "training.loss", {"name": "arcface", "margin": None}),
        ("ratio: null", "ratio", None),
        ("sizes: [[5, 6]]", "sizes", [[5, 6]]),
        ("sizes+: [[5, 6]]", "sizes", [[1, 2], [3, 4], [5, 6]]),
        ("sizes-: [[1, 2]]", "sizes", [[3, 4]]),
        ("{sizes-: all, sizes+: [[5, 6]]}", "sizes", [[5, 6]]),
        ("ablations-: [aqe, sort]", "ablations", {"knn": {"k": 1}}),
        ("ablations-: aqe", "ablations", {"knn": {"k": 1}, "sort": {"votes": None}}),
        ("{ablations: {dba: {n: 2}}, ablations-: all}", "ablations", {"dba": {"n": 2}}),
        ("training: {loss-: [margin], loss: {name: ap}}", "training.loss", {"name": "ap"}),
    ],
)
def test_how_an_overlay_changes_what_lies_below(conf: Path, overlay: str, key: str, expected: Any):
    value = overlaid(conf, overlay)
    for name in key.split("."):
        value = value[name]

    assert value == expected


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ("ablations-: [aqqe]", "mine/parameters.yml: ablations-: no 'aqqe' among knn, aqe, sort"),
        ("sizes-: [[9, 9]]", "mine/parameters.yml: sizes-: no [9, 9] among [1, 2], [3, 4]"),
        (
            "training: {losses-: all}",
            "mine/parameters.yml: training.losses-: expected a mapping or a list to remove",
        ),
        ("training: {epochs+: [1]}", "mine/parameters.yml: training.epochs+: expected two lists, found [1]"),
        ("sizes+: 3", "mine/parameters.yml: sizes+: expected two lists, found 3"),
        ("_images: {m: 3}", "mine/parameters.yml: _images.m: no such template"),
        ("_image: {n: 3}", "mine/parameters.yml: _image: no such template"),
    ],
)
def test_an_overlay_that_fits_nothing_is_an_error_that_names_file_and_key(
    conf: Path, overlay: str, message: str
):
    with pytest.raises(DataError, match=re.escape(message)):
        overlaid(conf, overlay)


def test_what_one_environment_has_removed_another_may_remove_again(conf: Path):
    write(conf, "less/parameters.yml", "ablations-: [aqe]")
    write(conf, "least/parameters.yml", "ablations-: [aqe, sort]")

    assert load(conf, "less,least")["parameters"]["ablations"] == {"knn": {"k": 1}}
    assert load(conf, "least,less")["parameters"]["ablations"] == {"knn": {"k": 1}}


def test_the_command_line_comes_last_and_follows_the_same_rules(conf: Path):
    runtime = {"training": {"epochs": 9}, "ablations-": ["sort"], "sizes+": [[7, 8]], "_images": {"n": 6}}
    parameters = load(conf, "large,more", **runtime)["parameters"]

    assert parameters["training"]["epochs"] == 9
    assert list(parameters["ablations"]) == ["knn", "aqe", "dba"]
    assert parameters["ablations"]["aqe"] == {"n": 6}
    assert parameters["sizes"] == [[1, 2], [3, 4], [7, 8]]


def test_a_removal_on_the_command_line_that_fits_nothing_is_an_error(conf: Path):
    with pytest.raises(DataError, match="--params: ablations-: no 'aqqe'"):
        load(conf, **{"ablations-": ["aqqe"]})["parameters"]


def test_names_of_the_base_and_of_removed_entries_are_known(conf: Path):
    loader = load(conf, "more", **{"ablations-": ["dba"]})

    assert "dba" not in loader["parameters"]["ablations"]
    assert loader.parameter_names == {"seed", "ablations", "sizes", "ratio", "_images", "training", "dba"}
