"""What an artefact was made from: a record that lies beside it, and the check that artefacts belong together.

The record of `<folder>/<name>` is `<folder>/.<name>.origin.json`, so it is copied, kept and deleted with its
version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from landmark_retrieval.errors import DataError
from landmark_retrieval.storage.atomic_write import atomic_write

_WITHOUT_EFFECT = frozenset({"workers"})
"""Keys of parameters that change no result."""

_AS_LONG_AS_NEEDED = ".index_neighbours"
"""Ending of the names of lists that are as long as a run needs; what they are made from is compared."""


@dataclass(frozen=True)
class Ancestor:
    """One of the artefacts that another one was made from.

    Attributes:
        fingerprint: of its content, or its version where it is too large to be hashed.
        version: session that wrote it.
    """

    fingerprint: str
    version: str


@dataclass(frozen=True)
class Origin:
    """Everything upstream of an artefact.

    Attributes:
        node: that made it.
        parameters: that the node took, by name.
        ancestors: artefacts upstream, by name.
        upstream_parameters: that the nodes of the ancestors took: each value once.
    """

    node: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    ancestors: Mapping[str, Ancestor] = field(default_factory=dict)
    upstream_parameters: Mapping[str, list[Any]] = field(default_factory=dict)

    @property
    def all_parameters(self) -> dict[str, list[Any]]:
        """Parameters of its own node and of all upstream: each value once."""
        return _united([self.upstream_parameters, {name: [v] for name, v in self.parameters.items()}])


@dataclass(frozen=True)
class Input:
    """An artefact that a node reads.

    Attributes:
        name: in the catalog.
        itself: None where it has no version.
        origin: None where none was recorded.
    """

    name: str
    itself: Ancestor | None
    origin: Origin | None

    @property
    def kind(self) -> str:
        """What it is: the last word of its name."""
        return re.split(r"[._]", self.name)[-1]

    @property
    def lineage(self) -> dict[str, Ancestor]:
        """The artefact and everything upstream of it."""
        ancestors = {} if self.origin is None else dict(self.origin.ancestors)
        return ancestors if self.itself is None else {**ancestors, self.name: self.itself}


@dataclass(frozen=True)
class Conflict:
    """Inputs that do not belong together.

    Attributes:
        about: artefact or parameter upstream of both.
        first: input and what is upstream of it.
        second: likewise.
    """

    about: str
    first: tuple[str, str]
    second: tuple[str, str]

    def __str__(self) -> str:
        (one, its), (other, others) = self.first, self.second
        return f"{self.about} is {its} for {one}, and {others} for {other}"


def origin_of(node: str, parameters: Mapping[str, Any], inputs: Iterable[Input]) -> Origin:
    """The origin of what a node makes from its inputs."""
    given = list(inputs)
    ancestors = {name: ancestor for entry in given for name, ancestor in entry.lineage.items()}
    known = [entry.origin.all_parameters for entry in given if entry.origin is not None]
    return Origin(node, dict(parameters), dict(sorted(ancestors.items())), _united(known))


def find_conflict(inputs: Iterable[Input]) -> Conflict | None:
    """The first contradiction between the origins of a node's inputs.

    Two inputs contradict each other if the same artefact is upstream of both with different content, or if
    they are of one kind (embeddings, features, predictions, …) and the nodes that made them took different
    values of the same parameter. Lists of neighbours may differ: one environment wants longer ones.
    """
    seen: dict[str, tuple[str, Ancestor]] = {}
    taken: dict[tuple[str, str], tuple[str, Any]] = {}
    for entry in inputs:
        for name, ancestor in entry.lineage.items():
            other, known = seen.setdefault(name, (entry.name, ancestor))
            if known.fingerprint != ancestor.fingerprint and not name.endswith(_AS_LONG_AS_NEEDED):
                return Conflict(name, (other, _shown(known)), (entry.name, _shown(ancestor)))
        for name, value in ({} if entry.origin is None else entry.origin.parameters).items():
            other, before = taken.setdefault((entry.kind, name), (entry.name, value))
            if differing := differing_keys(before, value):
                key, one, two = differing[0]
                return Conflict(".".join((name, *key)), (other, f"{one!r}"), (entry.name, f"{two!r}"))
    return None


def differing_keys(one: Any, other: Any) -> list[tuple[tuple[str, ...], Any, Any]]:
    """Keys, first and second value of the leaves in which two parameters differ and that change results."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = sorted(({*one, *other}) - _WITHOUT_EFFECT, key=str)
        return [
            ((str(key), *rest), a, b)
            for key in keys
            for rest, a, b in differing_keys(one.get(key), other.get(key))
        ]
    return [] if one == other else [((), one, other)]


def origin_path(artefact: Path) -> Path:
    """Where the origin of an artefact is recorded."""
    return artefact.with_name(f".{artefact.name}.origin.json")


def write_origin(artefact: Path, origin: Origin) -> None:
    """Record the origin of an artefact that is about to be written."""
    with atomic_write(origin_path(artefact)) as partial:
        partial.write_text(json.dumps(asdict(origin), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_origin(artefact: Path) -> Origin | None:
    """The recorded origin of an artefact; None if there is none.

    Raises:
        DataError: the record cannot be read.
    """
    path = origin_path(artefact)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        ancestors = {name: Ancestor(**entry) for name, entry in record.pop("ancestors").items()}
        return Origin(ancestors=ancestors, **record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{path}: is no record of an origin: {error}") from error


def _united(parameters: Iterable[Mapping[str, list[Any]]]) -> dict[str, list[Any]]:
    united: dict[str, list[Any]] = {}
    for values_of in parameters:
        for name, values in values_of.items():
            known = united.setdefault(name, [])
            known.extend(value for value in values if value not in known)
    return dict(sorted(united.items()))


def _shown(ancestor: Ancestor) -> str:
    return f"{ancestor.fingerprint[:12]} (of {ancestor.version})"
