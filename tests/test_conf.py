import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
import yaml
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.validation import ParameterValidationError
from pydantic import ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments.audits import Side
from landmark_retrieval.experiments.experiments import Experiments
from landmark_retrieval.hooks.tracking import read_tracking

pytestmark = pytest.mark.costly

PROJECT = Path(__file__).parents[1]
FILES = sorted((PROJECT / "conf").rglob("*.yml"))
ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "base": {},
    "delf": {},
    "descriptors": {"descriptors": "/somewhere/descriptors"},
    "descriptors,train_descriptors": {"descriptors": "/somewhere/descriptors"},
    "gldv2": {},
    "leak": {},
    "methods": {},
    "noise": {},
    "overlap": {},
    "photos": {"photos": "/somewhere/photographs"},
    "pretrain": {},
    "revisited": {"revisited": "/somewhere/benchmark"},
    "table4": {},
    "test": {},
    "voters": {},
    "gldv2,delf": {},
    "gldv2,methods": {},
    "gldv2,overlap": {},
    "gldv2,table4": {},
    "gldv2,voters": {},
    "photos,noise": {"photos": "/somewhere/photographs"},
    "photos,methods": {"photos": "/somewhere/photographs"},
    "photos,table4": {"photos": "/somewhere/photographs"},
    "leak,table4": {},
    "descriptors,table4": {"descriptors": "/somewhere/descriptors"},
    "test,methods": {},
    "noise,test": {},
    "test,table4": {},
    "test,voters": {},
}
"""Environments and those combinations of them that the documentation names."""

ELSEWHERE = {"photos.raw", "descriptors.raw", "revisited.raw", "v1.model"}
"""Datasets that may lie outside the folder of an environment: what is the user's own, and what is shipped."""

READ_ONLY = "manifest_record"
"""Tells where a manifest comes from, and so lies where the manifest does."""

IN_MEMORY = {"world.plan"}
"""Datasets that no catalog entry saves: the plan is made anew from its seed in a moment."""


@dataclass(frozen=True)
class Environment:
    parameters: dict[str, Any]
    pipeline: Pipeline
    catalog: DataCatalog
    folder: str

    @property
    def datasets(self) -> set[str]:
        """Everything that nodes read or write but parameters."""
        return {name for name in self.pipeline.datasets() if not name.startswith("params:")}


def open_environment(name: str, conf: Path = PROJECT / "conf", **runtime: Any) -> Environment:
    """What `kedro run` has before the first node runs."""
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env=name, runtime_params=runtime, conf_source=str(conf)) as session:
        context = session.load_context()
        read_tracking(context)
        loader, catalog = context.config_loader, context.catalog
        return Environment(loader["parameters"], pipelines["__default__"], catalog, loader["globals"]["data"])


@cache
def opened(name: str) -> Environment:
    return open_environment(name, **ENVIRONMENTS[name])


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> Environment:
    return opened(request.param)


def parameters_of(node: Node) -> Iterator[tuple[str, Any]]:
    """Each parameter that a node takes, with the type that its function expects there."""
    hints, given = get_type_hints(node.func), node._inputs
    bound = (
        signature(node.func).bind(**given)
        if isinstance(given, dict)
        else signature(node.func).bind(*([given] if isinstance(given, str) else given or []))
    )
    for argument, dataset in bound.arguments.items():
        if isinstance(dataset, str) and dataset.startswith("params:"):
            yield dataset, hints[argument]


def present(expected: Any) -> Any:
    """The type of an argument that is there, though it may be missing elsewhere."""
    if isinstance(expected, UnionType):
        return next(kind for kind in get_args(expected) if kind is not NoneType)
    return get_origin(expected) or expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_every_yaml_is_a_mapping(file: Path):
    assert isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict)


def test_every_environment_is_tested():
    folders = {folder.name for folder in (PROJECT / "conf").iterdir() if folder.is_dir()}

    assert folders - {"local"} == {part for name in ENVIRONMENTS for part in name.split(",")}


@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if name != "base" and "," not in name])
def test_an_environment_says_what_it_is_for(name: str):
    (file,) = (PROJECT / "conf" / name / "parameters").glob("*.yml")
    header = file.read_text(encoding="utf-8").split("\n\n")[0]

    assert all(word in header for word in ("# Question:", "Cost:", "Expect:"))


def test_experiments_are_valid(environment: Environment):
    chosen = Experiments.model_validate(environment.parameters["experiments"])
    namespaces = {(node.namespace or "").split(".")[0] for node in environment.pipeline.nodes}

    assert chosen.models
    assert {*chosen.variants, *chosen.systems} <= namespaces


def test_every_parameter_a_node_takes_is_configured(environment: Environment):
    taken = {name for node in environment.pipeline.nodes for name, _ in parameters_of(node)}

    assert taken
    assert taken <= set(environment.catalog.keys())


def test_every_settings_object_is_validated(environment: Environment):
    """Kedro hands over a plain dict, silently, where it cannot resolve the hints of a function."""
    for node in environment.pipeline.nodes:
        for name, expected in parameters_of(node):
            value = environment.catalog.load(name)
            assert type(value) is present(expected), f"{node.name} takes {name}"


def test_mappings_that_nodes_take_unvalidated(environment: Environment):
    mappings = {
        name
        for node in environment.pipeline.nodes
        for name, _ in parameters_of(node)
        if isinstance(environment.catalog.load(name), dict)
    }

    assert mappings <= {"params:experiments"}


def test_every_dataset_has_an_entry_or_is_meant_to_stay_in_memory(environment: Environment):
    resolver = environment.catalog.config_resolver
    entries = {name for name in environment.datasets if resolver.match_dataset_pattern(name)}
    explicit = environment.datasets & set(environment.catalog.keys())

    assert environment.datasets - entries - explicit == IN_MEMORY & environment.datasets


def test_every_dataset_lies_apart(environment: Environment):
    places = sorted(
        Path(environment.catalog.get(name)._filepath)
        for name in environment.datasets - IN_MEMORY
        if not name.endswith(READ_ONLY)
    )

    assert all(place.is_absolute() for place in places)
    for place, following in pairwise(places):
        assert not following.is_relative_to(place), f"{following} lies within {place}"


def test_data_lie_below_the_folder_of_the_environment(environment: Environment):
    folder = PROJECT / environment.folder
    outside = {
        name
        for name in environment.datasets - IN_MEMORY
        if not Path(environment.catalog.get(name)._filepath).is_relative_to(folder)
    }

    assert outside <= (set() if environment is opened("base") else ELSEWHERE)


def test_everything_but_raw_files_and_work_under_way_is_versioned(environment: Environment):
    unversioned = {
        name
        for name in environment.datasets - IN_MEMORY - ELSEWHERE
        if getattr(environment.catalog.get(name), "_version", None) is None
    }

    assert {name.rpartition(".")[2] for name in unversioned} <= {
        "raw",
        "truth",
        "checkpoints",
        "offline_shards",
        "embedding_shards",
        "index_shards",
        "query_shards",
        "feature_shards",
        "evidence_shards",
        "different_shards",
        "verdicts",
        "landmark_lists",
    }


def test_every_pattern_of_the_catalog_is_used():
    resolver = opened("base").catalog.config_resolver
    datasets = {name for environment in ENVIRONMENTS for name in opened(environment).datasets}
    build = Side(variant="v2", build="2026-01-31T12.00.00.000Z")
    datasets |= {build.dataset(kind) for kind in ("manifest", "manifest_record", "knn.gldv2.per_query")}
    used = {resolver.match_dataset_pattern(name) for name in datasets}

    assert set(resolver.list_patterns()) - {"{default}"} == used - {None}


def test_every_table_of_the_catalog_has_a_schema():
    entries = {}
    for file in (PROJECT / "conf" / "base" / "catalog").glob("*.yml"):
        entries |= yaml.safe_load(file.read_text(encoding="utf-8"))
    validators = {
        name: e.get("validator") for name, e in entries.items() if e["type"].endswith("TableDataset")
    }

    assert validators
    for name, validator in validators.items():
        assert validator is not None, f"{name} has no validator"
        module, _, schema = validator.rpartition(".")
        assert callable(getattr(import_module(module), schema, None)), f"{name}: {validator}"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A copy of `conf` with an empty environment `mine`."""
    shutil.copytree(PROJECT / "conf" / "base", tmp_path / "conf" / "base")
    (tmp_path / "conf" / "mine" / "parameters").mkdir(parents=True)
    return tmp_path / "conf"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("training: {epoch: 3}", "training.*epoch"),
        ("training: {aspect_groups: {bin: []}}", "training.*aspect_groups.bin"),
        ("training: {epochs: many, iterations: null}", "training.*epochs"),
        ("training: {epochs: 3}", "one of epochs and iterations is a number"),
        ("experiments: {recipes: {one: {embedding: {scalez: [1.0]}}}}", "recipes.one.embedding.scalez"),
        ("experiments: {recipes: {one: {trainin: {epochs: 1}}}}", "recipes.one.trainin"),
        ("geometry: {verification: {consensus: {treshold_px: 3}}}", "geometry.*treshold_px"),
        ("v2_clean: {cleaning: {min_inlier: 3}}", r"v2_clean.cleaning.*min_inlier"),
        ("world: {gldv2: {querys: 3}}", "world.*gldv2.querys"),
        ("trainning: {epochs: 3}", "'trainning'"),
        ("v2_claen: {cleaning: {min_inliers: 3}}", "'v2_claen'"),
        ("v2_clean: {claening: {min_inliers: 3}}", "'v2_clean.claening'"),
        ("experiments: {variants: {v2: {strat: v1}}}", "variants.v2.strat"),
        ("experiments: {ablations: {aqe: {steps: [{method: aqe, m: 3}]}}}", "ablations.aqe.steps.0.aqe.m"),
    ],
)
def test_a_mistyped_key_of_an_overlay_is_an_error_that_names_it(overlay: Path, text: str, named: str):
    (overlay / "mine" / "parameters" / "mine.yml").write_text(text)

    with pytest.raises((ParameterValidationError, ValidationError, DataError), match=f"(?s){named}"):
        open_environment("mine", overlay)


def test_a_mistyped_parameter_of_the_command_line_is_an_error_that_names_it(overlay: Path):
    with pytest.raises(DataError, match="'trainning'"):
        open_environment("mine", overlay, trainning={"epochs": 3})


def test_a_mistyped_key_of_the_tracking_is_an_error_that_names_it(overlay: Path):
    (overlay / "mine" / "tracking.yml").write_text("mlflow: {enable: false}")

    with pytest.raises(ValidationError, match=r"mlflow\.enable"):
        open_environment("mine", overlay)


def test_a_correct_overlay_reaches_the_nodes(overlay: Path):
    text = "training: {epochs: 7, iterations: null}\nv2_clean: {cleaning: {min_inliers: 33}}\n"
    (overlay / "mine" / "parameters" / "mine.yml").write_text(text)
    catalog = open_environment("mine", overlay, gallery={"depth": 5}).catalog

    assert catalog.load("params:training").epochs == 7
    assert (
        catalog.load("params:training").batch_size
        == opened("base").catalog.load("params:training").batch_size
    )
    assert catalog.load("params:v2_clean.cleaning").root.min_inliers == 33
    assert catalog.load("params:gallery").depth == 5


def test_photographs_of_ones_own_lie_where_the_command_line_says():
    (raw,) = (name for name in opened("photos").datasets if name.endswith(".raw"))

    assert opened("photos").catalog.get(raw)._filepath.as_posix() == "/somewhere/photographs"


@pytest.mark.parametrize(
    ("name", "scored"),
    [
        ("photos", set()),
        ("photos,noise", {"noise10_clean", "noise30_clean", "noise50_clean"}),
        ("noise", {"v2_clean", "noise10_clean", "noise30_clean", "noise50_clean"}),
    ],
)
def test_cleaning_is_scored_where_faults_are_known(name: str, scored: set[str]):
    quality = {dataset for dataset in opened(name).datasets if dataset.endswith(".cleaning_quality")}

    assert quality == {f"{variant}.cleaning_quality" for variant in scored}


def test_audits_show_the_score_of_cleaning_where_faults_are_known():
    inputs = {node.name: set(node.inputs) for node in opened("photos,noise").pipeline.nodes}

    assert "noise30_clean.cleaning_quality" in inputs["audits.noise30.compare"]
    assert not {name for name in inputs["audits.noise0.compare"] if name.endswith("cleaning_quality")}
