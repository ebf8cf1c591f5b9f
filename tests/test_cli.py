import json
import re
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
from kedro.io import DatasetError
from kedro.validation import DataValidationError

from landmark_retrieval.cli import _clear_errors, split_parameters
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import as_published, manifest_fingerprint

pytestmark = pytest.mark.costly

FILES = {
    "pyproject.toml": (
        '[tool.kedro]\npackage_name = "pruned"\nproject_name = "pruned"\nkedro_init_version = "1.7.0"\n'
        'source_dir = "src"\n'
    ),
    "src/pruned/__init__.py": "",
    "src/pruned/cli.py": "from landmark_retrieval.cli import cli\n",
    "src/pruned/pipeline_registry.py": "def register_pipelines():\n    return {}\n",
    "src/pruned/settings.py": (
        'CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "base", '
        '"config_patterns": {"tracking": ["tracking*"]}}\n'
    ),
    "conf/base/globals.yml": "data: data\n",
    "conf/other/globals.yml": "data: data/other\n",
    "conf/base/catalog.yml": (
        '"{variant}.manifest":\n  type: landmark_retrieval.datasets.TableDataset\n'
        "  filepath: ${globals:data}/03_primary/{variant}/manifest.parquet\n  versioned: true\n"
    ),
    "conf/base/tracking.yml": (
        "lineage: {folder: data/lineage, content_limit_bytes: 1, names_limit_files: 1}\n"
        "mlflow: {enabled: false, tracking_uri: none, artifact_folder: null, experiment: none}\n"
    ),
}


def manifest(*, other):
    ids = ["a", "b", "c"] if other else ["a", "b"]
    table = pd.DataFrame({"image_id": ids, "path": ids}, dtype="str")
    return as_published(table.assign(width=8, height=6, landmark_id=1), "gldv2", "0f0f")


def stamp(day):
    return f"2026-01-{day:02d}T10.00.00.000Z"


@pytest.fixture(scope="module")
def kedro(tmp_path_factory):
    """The command line in a project whose manifests were built three times."""
    project = tmp_path_factory.mktemp("pruned")
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)

    def run(*arguments):
        return CliRunner().invoke(KedroCLI(project), list(arguments))

    run.project = project
    return run


@pytest.fixture
def builds(kedro):
    """Three builds of a manifest, the second with another content, the first read by the last session."""
    for old in (kedro.project / "data").rglob("*.*"):
        if old.is_file():
            old.unlink()
    for day in (1, 2, 3):
        write_build(kedro.project, "data", day, manifest(other=day == 2))
    entries = [entry(3, "v2.publish", []), entry(1, None, ["v2.compare"])]
    record = {"session": stamp(3), "status": "succeeded", "env": "base", "datasets": entries}
    lineage = kedro.project / "data" / "lineage" / f"{stamp(3)}.json"
    lineage.parent.mkdir(exist_ok=True)
    lineage.write_text(json.dumps(record))
    return kedro.project / "data" / "03_primary" / "v2" / "manifest.parquet"


def write_build(project, data, day, manifest):
    path = project / data / "03_primary" / "v2" / "manifest.parquet" / stamp(day) / "manifest.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest.to_parquet(path, index=False)


def entry(day, written_by, read_by):
    path = f"data/03_primary/v2/manifest.parquet/{stamp(day)}/manifest.parquet"
    return {"path": path, "version": stamp(day), "written_by": written_by, "read_by": read_by}


def days(folder):
    return sorted(int(p.name[8:10]) for p in folder.iterdir() if any(p.iterdir()))


def test_builds_are_listed_with_content_and_who_names_them(kedro, builds):
    result = kedro("builds", "list")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if line.startswith("v2.manifest")]
    prints = [manifest_fingerprint(manifest(other=other))[:12] for other in (False, True)]
    assert [line.split("  ")[1] for line in lines] == [stamp(3), stamp(2), stamp(1)]
    assert [prints[0] in lines[0], prints[1] in lines[1], prints[0] in lines[2]] == [True] * 3
    assert lines[0].endswith(f"base  {prints[0]}  written by {stamp(3)}")
    assert lines[1].endswith(f"no record  {prints[1]}")
    assert lines[2].endswith(f"no record  {prints[0]}  read by {stamp(3)}")
    assert "0 builds" in kedro("builds", "list", "v1").output


def test_nothing_is_deleted_without_yes(kedro, builds):
    result = kedro("builds", "prune", "--keep", "1")
    assert result.exit_code == 0, result.output
    assert f"would delete {builds / stamp(2)}" in result.output
    assert "1 of 3 builds; would free" in result.output
    assert days(builds) == [1, 2, 3]


def test_what_is_kept_stays_and_the_rest_goes(kedro, builds):
    size = (builds / stamp(2) / "manifest.parquet").stat().st_size
    result = kedro("builds", "prune", "--keep", "1", "--yes")
    assert result.exit_code == 0, result.output
    assert f"1 of 3 builds; freed {size / 1024:.1f} KiB" in result.output
    assert days(builds) == [1, 3]
    assert (kedro.project / "data" / "lineage" / f"{stamp(3)}.json").exists()


def test_a_record_given_is_kept_beside_the_newest(kedro, builds, tmp_path):
    record = {"session": "own", "status": "failed", "datasets": [entry(2, None, ["v2.compare"])]}
    (tmp_path / "own.json").write_text(json.dumps(record))
    kedro("builds", "prune", "--keep", "1", "--yes", "--keep-lineage", str(tmp_path / "own.json"))
    assert days(builds) == [1, 2, 3]


@pytest.mark.parametrize("where", ["folder", "option"])
def test_a_damaged_record_stops_everything(kedro, builds, where, tmp_path):
    folder = kedro.project / "data" / "lineage" if where == "folder" else tmp_path
    damaged = folder / "damaged.json"
    damaged.write_text("{")
    option = ("--keep-lineage", str(damaged)) if where == "option" else ()
    result = kedro("builds", "prune", "--keep", "1", "--yes", *option)
    assert result.exit_code == 1
    assert f"Error: lineage {damaged}: cannot be read" in result.output
    assert days(builds) == [1, 2, 3]


def test_another_environment_has_its_own_builds(kedro, builds):
    for day in (4, 5):
        write_build(kedro.project, "data/other", day, manifest(other=False))
    assert "2 builds" in kedro("builds", "list", "--env", "other").output
    assert "3 builds" in kedro("builds", "list").output
    assert kedro("builds", "prune", "--keep", "1", "--yes", "--env", "other").exit_code == 0
    assert days(kedro.project / "data/other/03_primary/v2/manifest.parquet") == [5]
    assert days(builds) == [1, 2, 3]


@pytest.mark.parametrize("keep", ["0", "-1", "all"])
def test_at_least_one_version_is_kept(kedro, builds, keep):
    assert kedro("builds", "prune", "--keep", keep, "--yes").exit_code == 2
    assert days(builds) == [1, 2, 3]


def test_kedro_finds_the_commands_of_this_project():
    result = CliRunner().invoke(KedroCLI(Path(__file__).parents[1]), ["builds", "--help"])
    assert result.exit_code == 0
    assert "prune" in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a.b=1, c=x,d=null", {"a": {"b": 1}, "c": "x", "d": None}),
        ("sizes=[[1,2],[3,4]],a=2.5", {"sizes": [[1, 2], [3, 4]], "a": 2.5}),
        ("x.names-=[aqe, sort],x.more+=[1]", {"x": {"names-": ["aqe", "sort"], "more+": [1]}}),
        ("step={method: knn, k: 3},b=true", {"step": {"method": "knn", "k": 3}, "b": True}),
        ("a='1,2',b=v2@2026-11-20T11.44.36.123Z", {"a": "1,2", "b": "v2@2026-11-20T11.44.36.123Z"}),
        ("photos=/my [old/folder,a=1", {"photos": "/my [old/folder", "a": 1}),
        ("factory=IVF16384;SQ8=x", {"factory": "IVF16384;SQ8=x"}),
    ],
)
def test_commas_within_a_value_belong_to_it(text, expected):
    assert split_parameters(click.Context(click.Command("run")), click.Option(["--params"]), text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("a", "found 'a'"), ("=1", "found '=1'"), ("a=1,b=[2,3", r"'b=\[2,3'"), ("a=[1]2", "'a=")],
)
def test_an_unreadable_parameter_is_an_error_that_shows_it(text, message):
    with pytest.raises(click.UsageError, match=message):
        split_parameters(click.Context(click.Command("run")), click.Option(["--params"]), text)


def test_parameters_of_a_file_are_taken_as_they_are():
    context, option = click.Context(click.Command("run")), click.Option(["--params"])

    assert split_parameters(context, option, {"a": [1]}) == {"a": [1]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--env=gldv3,methods",), "no environment 'gldv3' in .*: expected one of base, delf, .*gldv2"),
        (("--params=training.sizes-=[3]",), r"--params: training.sizes-: expected a mapping or a list"),
        (("--params=trainning.epochs=3",), "parameter 'trainning' is read by nothing"),
        (("--params=experiments.ablations.aqe.steps=[{method: aqe, m: 3}]",), r"ablations.aqe.steps.0.aqe.m"),
        (
            ("--env=photos",),
            r"photos.raw.filepath: 'photos' is not given: make run ENV=photos PHOTOS=<folder>, ",
        ),
        (
            ("--params=training.epochs=${trainning.epochs}",),
            r"training.epochs: .*'trainning.epochs' not found$",
        ),
    ],
)
def test_a_run_of_a_wrong_configuration_ends_with_a_message_that_names_it(arguments, message):
    result = CliRunner().invoke(KedroCLI(Path(__file__).parents[1]), ["run", *arguments])

    assert result.exit_code == 1
    assert re.search(f"Error: (.|\n)*{message}", result.output)
    assert "Traceback" not in result.output


@pytest.mark.parametrize("error", [DatasetError("lacks"), DataValidationError("lacks"), DataError("lacks")])
def test_errors_of_data_are_shown_without_traceback(error):
    with pytest.raises(click.ClickException, match="lacks"), _clear_errors():
        raise error


def test_verbose_shows_where_an_error_comes_from():
    result = CliRunner().invoke(KedroCLI(Path(__file__).parents[1]), ["run", "--env=gldv3", "--verbose"])

    assert isinstance(result.exception, DataError)
