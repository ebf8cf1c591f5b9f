"""Memory estimates: what would not fit is refused before it is allocated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from landmark_retrieval.errors import DataError

GIB = 2**30


@dataclass(frozen=True)
class Estimate:
    """Bytes that a piece of work takes.

    Attributes:
        work: description for the message.
        parts: bytes of each part by its name.
        remedies: what makes a part smaller, by the same names.
    """

    work: str
    parts: dict[str, int]
    remedies: dict[str, str]

    @property
    def total(self) -> int:
        """Bytes of all parts."""
        return sum(self.parts.values())

    def require(self, memory_gib: float | None = None) -> None:
        """Raise if the work does not fit.

        Args:
            memory_gib: memory that may be taken; by default what is free.

        Raises:
            DataError: more is needed; the message gives the estimate, the limit and a remedy.
        """
        limit = available_bytes() if memory_gib is None else int(memory_gib * GIB)
        if limit is None or self.total <= limit:
            return
        largest = max(self.parts, key=lambda name: self.parts[name])
        shares = ", ".join(f"{name} {size / GIB:.2f}" for name, size in self.parts.items())
        whose = "free" if memory_gib is None else "allowed"
        raise DataError(
            f"{self.work} takes {self.total / GIB:.2f} GiB ({shares}), "
            f"but {limit / GIB:.2f} GiB are {whose}: {self.remedies[largest]}"
        )


def available_bytes(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Memory that this process may still take, or None if the system does not say.

    Args:
        proc: of the kernel; `meminfo` and `self/cgroup` are read.
        cgroups: where control groups (version 2, or version 1 below `memory`) state their limits.
    """
    found = [*_free(proc / "meminfo"), *_group_free(proc / "self" / "cgroup", cgroups)]
    return min(found, default=None)


def _free(meminfo: Path) -> Iterator[int]:
    if meminfo.exists():
        lines = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
        yield from (int(line[1]) * 1024 for line in lines if line[0] == "MemAvailable:")


def _group_free(membership: Path, cgroups: Path) -> Iterator[int]:
    if not membership.exists():
        return
    for line in membership.read_text(encoding="utf-8").splitlines():
        _, controllers, name = line.split(":", 2)
        if not controllers:
            yield from _limits_above(cgroups, name, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            files = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _limits_above(cgroups / "memory", name, *files)


def _limits_above(root: Path, name: str, limit: str, usage: str, cache: str) -> Iterator[int]:
    """Memory left in a group and in its parents; cached file pages count as free."""
    folder = root / name.lstrip("/")
    for group in (folder, *folder.parents):
        stated = group / limit
        if stated.exists() and (most := stated.read_text(encoding="ascii").strip()) != "max":
            used = int((group / usage).read_text(encoding="ascii"))
            yield max(0, int(most) - used + _statistic(group / "memory.stat", cache))
        if group == root:
            return


def _statistic(path: Path, name: str) -> int:
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines()) if path.exists() else ()
    return next((int(value) for key, value in lines if key == name), 0)
