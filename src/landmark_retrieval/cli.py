"""Commands of this project beside Kedro's: `kedro builds list` and `kedro builds prune`.

Kedro imports this module at every command: what a command needs is imported by it.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kedro.framework.startup import ProjectMetadata

    from landmark_retrieval.manifests.builds import Build, DatasetNames
    from landmark_retrieval.manifests.lineage_records import LineageSession

_environment = click.option(
    "--env", "-e", envvar="KEDRO_ENV", help="Environment whose data folder is meant; base by default."
)
_keep = click.option(
    "--keep", required=True, type=click.IntRange(min=1), help="Newest versions of each dataset that stay."
)
_lineage = click.option(
    "--keep-lineage",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Record of a session that can be repeated afterwards, beside the newest successful ones, as many as "
    "versions are kept; may be given several times.",
)
_choice = click.option(
    "--dry-run/--yes", default=True, help="Say what would be deleted (by default), or delete it."
)


@click.group(name="landmark_retrieval")
def cli() -> None:
    """Commands of this project."""


@cli.group()
def builds() -> None:
    """Versions of artefacts: which there are, and which may go."""


@builds.command("list")
@click.argument("name", default="")
@_environment
@click.pass_obj
def list_builds(metadata: ProjectMetadata, name: str, env: str | None) -> None:
    """Every build of the manifests, or of the datasets called NAME or NAME.*, the newest first.

    With its size, the environment it was written in, the fingerprint of a manifest's content, and the
    sessions whose records name it as written or read.
    """
    from landmark_retrieval.manifests.builds import Named, find_builds

    with _clear_errors():
        place = _place(metadata, env)
        sessions = _sessions(place)
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
@click.pass_obj
def prune_builds(
    metadata: ProjectMetadata,
    name: str,
    keep: int,
    keep_lineage: tuple[Path, ...],
    dry_run: bool,
    env: str | None,
) -> None:
    """Delete versions that are old and that no kept session read or wrote.

    Of every dataset (or of those called NAME or NAME.*) the newest complete versions stay, and whatever a
    session wrote whose record says that it is running.
    """
    from landmark_retrieval.manifests.builds import find_builds, freed_bytes, removable, remove
    from landmark_retrieval.manifests.lineage_records import newest_succeeded, read_session

    with _clear_errors():
        place = _place(metadata, env)
        sessions = _sessions(place)
        kept = [*(read_session(path) for path in keep_lineage), *newest_succeeded(sessions, keep)]
        found = find_builds(place.data, place.names, name)
        gone = removable(found, sessions, kept, keep)
        freed = freed_bytes(gone)
        for build in gone:
            click.echo(f"{'would delete' if dry_run else 'deletes'} {build.folder}")
            if not dry_run:
                remove(build)
    verb = "would free" if dry_run else "freed"
    click.echo(f"{len(gone)} of {len(found)} builds; {verb} {_size(freed)}")
    if dry_run and gone:
        click.echo("Nothing was deleted; --yes deletes.")


class _Place(NamedTuple):
    data: Path
    lineage: Path
    names: DatasetNames


def _place(metadata: ProjectMetadata, env: str | None) -> _Place:
    """Where an environment keeps its artefacts and records."""
    from kedro.framework.project import settings

    from landmark_retrieval.hooks.tracking import Tracking
    from landmark_retrieval.manifests.builds import DatasetNames

    project = metadata.project_path
    configuration = settings.CONFIG_LOADER_CLASS(
        str(project / settings.CONF_SOURCE), env=env, **settings.CONFIG_LOADER_ARGS
    )
    lineage = Tracking.model_validate(configuration["tracking"]).lineage
    return _Place(
        project / configuration["globals"]["data"],
        project / lineage.folder,
        DatasetNames(configuration["catalog"], project),
    )


def _sessions(place: _Place) -> list[LineageSession]:
    from landmark_retrieval.manifests.lineage_records import read_sessions

    return read_sessions(place.lineage)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """A `DataError` as the one line that it is."""
    from landmark_retrieval.errors import DataError

    try:
        yield
    except DataError as error:
        raise click.ClickException(str(error)) from error


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
        return "no manifest of today's form"


def _size(n_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024:
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return f"{n_bytes:.1f} TiB"
