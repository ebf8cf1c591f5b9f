"""Commands of this project: `kedro builds list`, `kedro builds prune`, `kedro run` with lists in `--params`.

Kedro imports this module at every command, so each command imports what it needs itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import KedroCliError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedro.framework.startup import ProjectMetadata

    from landmark_retrieval.manifests.builds import Build, DatasetNames
    from landmark_retrieval.manifests.lineage_records import LineageSession

_environment = click.option(
    "--env", "-e", envvar="KEDRO_ENV", help="Environments that name the data folder, as for `kedro run`."
)
_keep = click.option(
    "--keep", required=True, type=click.IntRange(min=1), help="Newest versions kept of each dataset."
)
_lineage = click.option(
    "--keep-lineage",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lineage record of a session whose inputs and outputs are kept as well, in addition to those of the "
    "newest successful sessions; can be given several times.",
)
_choice = click.option(
    "--dry-run/--yes", default=True, help="List what would be deleted (default), or delete it."
)


def _set_verbose(context: click.Context, option: click.Parameter, verbose: bool) -> None:
    KedroCliError.VERBOSE_ERROR = verbose


_verbose = click.option(
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set_verbose,
    help="Show where an error comes from.",
)


@click.group(name="landmark_retrieval")
def cli() -> None:
    """Commands of this project."""


def split_parameters(
    context: click.Context, option: click.Parameter, text: str | dict[str, Any]
) -> dict[str, Any]:
    """Parameters from `key=value,key=value`, each value read as YAML.

    Kedro splits at every comma. Here commas within brackets, braces and quotes belong to the value.
    """
    from omegaconf import OmegaConf

    if isinstance(text, dict):
        return text
    items: list[str] = []
    for piece in text.split(","):
        if items and not _is_whole(items[-1]):
            items[-1] += f",{piece}"
        else:
            items.append(piece.strip())
    items = [item for item in items if item]
    for item in items:
        if not item.partition("=")[0].strip() or "=" not in item:
            context.fail(f"--params: expected key=value, found {item!r}")
        if not _is_whole(item):
            context.fail(f"--params: the value is no YAML list, mapping or text: {item!r}")
    parameters = OmegaConf.to_container(OmegaConf.from_dotlist(items))
    return cast("dict[str, Any]", parameters)


def _is_whole(item: str) -> bool:
    """Whether the value of an item is complete; only one that opens a bracket or quote may not be."""
    import yaml

    value = item.partition("=")[2].strip()
    if not value.startswith(("[", "{", "'", '"')):
        return True
    try:
        yaml.safe_load(value)
    except yaml.YAMLError:
        return False
    return True


def _with_lists(command: click.Command) -> click.Command:
    """Kedro's command with our reading of `--params` and our errors."""
    changed = copy(command)
    changed.callback = command.callback and _clear_errors()(command.callback)
    changed.params = [copy(option) for option in command.params]
    for option in changed.params:
        if option.name == "params":
            option.callback = split_parameters
    return _verbose(changed)


@cli.group()
def builds() -> None:
    """List and delete versions of artefacts."""


@builds.command("list")
@click.argument("name", default="")
@_environment
@_verbose
@click.pass_obj
def list_builds(metadata: ProjectMetadata, name: str, env: str | None) -> None:
    """List the builds of all manifests, or of the datasets NAME and NAME.*, newest first.

    Shown are the size, the environment, the fingerprint of a manifest's content, and the sessions that wrote
    or read the build.
    """
    from landmark_retrieval.manifests.builds import Named, find_builds

    with _clear_errors():
        place = _place(metadata, env)
        sessions = place.sessions
        found = find_builds(place.data, place.names, name)
        shown = [b for b in found if name or b.dataset.endswith(".manifest")]
        named = Named(sessions)
        for build in shown:
            click.echo(_line(build, named.of(build), {s.name: s.env for s in sessions}))
    click.echo(f"{len(shown)} builds below {place.data}")


@builds.command("prune")
@click.argument("name", default="")
@_keep
@_lineage
@_choice
@_environment
@_verbose
@click.pass_obj
def prune_builds(
    metadata: ProjectMetadata,
    name: str,
    keep: int,
    keep_lineage: tuple[Path, ...],
    dry_run: bool,
    env: str | None,
) -> None:
    """Delete old versions of all datasets, or of the datasets NAME and NAME.*.

    Kept are the newest complete versions of each dataset, what the newest successful sessions read or wrote
    (as many sessions as versions), and everything that a running session wrote.
    """
    from landmark_retrieval.manifests.builds import find_builds, freed_bytes, removable, remove
    from landmark_retrieval.manifests.lineage_records import newest_succeeded, read_session

    with _clear_errors():
        place = _place(metadata, env)
        kept = [*(read_session(path) for path in keep_lineage), *newest_succeeded(place.sessions, keep)]
        found = find_builds(place.data, place.names, name)
        gone = removable(found, place.sessions, kept, keep)
        freed = freed_bytes(gone)
        for build in gone:
            click.echo(f"{'would delete' if dry_run else 'deleting'} {build.folder}")
            if not dry_run:
                remove(build)
    verb = "would free" if dry_run else "freed"
    click.echo(f"{len(gone)} of {len(found)} builds; {verb} {_size(freed)}")
    if dry_run and gone:
        click.echo("Nothing was deleted; use --yes to delete.")


class _Place(NamedTuple):
    data: Path
    sessions: list[LineageSession]
    names: DatasetNames


def _place(metadata: ProjectMetadata, env: str | None) -> _Place:
    """Where environments keep their artefacts, and their records."""
    from landmark_retrieval.config_loader import project_configuration
    from landmark_retrieval.hooks.tracking import Tracking
    from landmark_retrieval.manifests.builds import DatasetNames
    from landmark_retrieval.manifests.lineage_records import read_sessions

    project = metadata.project_path
    configuration = project_configuration(project, env)
    lineage = Tracking.model_validate(configuration["tracking"]).lineage
    return _Place(
        project / configuration["globals"]["data"],
        read_sessions(project / lineage.folder),
        DatasetNames(configuration["catalog"], project),
    )


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Show the message of a known error alone; `--verbose` shows where it comes from."""
    from kedro.io import DatasetError
    from kedro.validation import ParameterValidationError
    from omegaconf.errors import OmegaConfBaseException
    from pydantic import ValidationError

    from landmark_retrieval.errors import DataError

    try:
        yield
    except (
        DataError,
        DatasetError,
        OmegaConfBaseException,
        ParameterValidationError,
        ValidationError,
    ) as error:
        if KedroCliError.VERBOSE_ERROR:
            raise
        raise click.ClickException(_message(error)) from error


def _message(error: Exception) -> str:
    """The text of an error; of OmegaConf's several lines the first, with the key that it is about."""
    from omegaconf.errors import OmegaConfBaseException

    if not isinstance(error, OmegaConfBaseException):
        return str(error)
    where = f"{error.full_key}: " if error.full_key else ""
    return where + str(error).partition("\n")[0]


def _line(build: Build, named: list[tuple[str, str]], environments: dict[str, str]) -> str:
    files = list(build.files())
    parts = [
        build.dataset,
        build.version,
        _size(sum(stat.st_size for stat in files)),
        environments.get(build.version) or "no record",
        _fingerprint(build),
        *(f"{how} by {', '.join(s for h, s in named if h == how)}" for how in dict(named)),
    ]
    return "  ".join(part for part in parts if part)


def _fingerprint(build: Build) -> str:
    if not build.complete:
        return "unfinished"
    if not build.dataset.endswith(".manifest"):
        return ""
    import pandas as pd

    from landmark_retrieval.errors import DataError
    from landmark_retrieval.manifests.manifest import manifest_fingerprint

    try:
        return manifest_fingerprint(pd.read_parquet(build.path))[:12]
    except (DataError, OSError, ValueError):
        return "manifest of an older form"


def _size(n_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"


cli.add_command(_with_lists(kedro_run))
