"""Composed environments: `--env=gldv2,methods` lays several overlays over `conf/base`, in that order.

Mappings are merged key by key; a list, a number or null replaces what lies below. Beside this, an overlay of
parameters or tracking (and `--params`, which comes last) can hold

* `key-: [a, b]`, which removes these entries from the mapping or list `key`; `key-: all` removes every entry;
* `key+: [a, b]`, which appends to the list `key`.

Removals come first, so `features-: all` beside `features: {…}` replaces a mapping. A reference
`${key.of.another}` is resolved when everything is composed. Keys of parameters that begin with `_` are
templates for references: `conf/base` declares them, overlays set them, and no node sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from kedro.config import AbstractConfigLoader, OmegaConfigLoader
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments.models import resolve_recipes

ALL = "all"


class Composition:
    """A configuration to which overlays are applied one after the other.

    Attributes:
        values: what is composed so far, references unresolved.
        removed: paths of the entries that overlays have removed.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.removed: set[tuple[Any, ...]] = set()
        self._source = ""
        self._declares = False

    def apply(self, overlay: dict[str, Any], source: str, *, declares: bool = False) -> None:
        """Apply one overlay.

        Args:
            overlay: mapping with the keys described above.
            source: file that errors name.
            declares: whether it may declare templates, as `base` may.

        Raises:
            DataError: it removes what never was there, appends to what is no list, or sets a template that
                `base` does not declare. What another overlay has removed before may be removed again.
        """
        self._source, self._declares = source, declares
        self.values = self._merged(self.values, overlay, ())

    def _merged(
        self, below: dict[str, Any], overlay: dict[str, Any], path: tuple[Any, ...]
    ) -> dict[str, Any]:
        merged = dict(below)
        for key, entries in _marked(overlay, "-"):
            merged[key] = self._without(merged.get(key), entries, (*path, key))
        for key, value in overlay.items():
            if _is_marked(key):
                continue
            self._refuse_undeclared(key, merged, path)
            under = merged.get(key)
            merged[key] = (
                self._merged(under if isinstance(under, dict) else {}, value, (*path, key))
                if isinstance(value, dict)
                else value
            )
        for key, entries in _marked(overlay, "+"):
            merged[key] = self._extended(merged.get(key), entries, (*path, key))
        return merged

    def _without(self, below: Any, entries: Any, path: tuple[Any, ...]) -> dict[Any, Any] | list[Any]:
        if not isinstance(below, dict | list):
            raise self._error(path, "-", f"expected a mapping or a list to remove from, found {below!r}")
        removed = list(below) if entries == ALL else entries if isinstance(entries, list) else [entries]
        for entry in removed:
            if entry not in below and (*path, str(entry)) not in self.removed:
                raise self._error(path, "-", f"no {entry!r} among {', '.join(map(str, below)) or 'nothing'}")
        self.removed |= {(*path, str(entry)) for entry in removed}
        if isinstance(below, dict):
            return {key: value for key, value in below.items() if key not in removed}
        return [value for value in below if value not in removed]

    def _extended(self, below: Any, entries: Any, path: tuple[Any, ...]) -> list[Any]:
        if not (isinstance(below, list) and isinstance(entries, list)):
            raise self._error(path, "+", f"expected two lists, found {entries!r} to append to {below!r}")
        return [*below, *entries]

    def _refuse_undeclared(self, key: Any, merged: dict[str, Any], path: tuple[Any, ...]) -> None:
        whole = (*path, key)
        if str(whole[0]).startswith("_") and key not in merged and not self._declares:
            raise self._error(whole, "", f"no such template; declared are {', '.join(merged) or 'none'}")

    def _error(self, path: tuple[Any, ...], mark: str, what: str) -> DataError:
        return DataError(f"{self._source}: {'.'.join(map(str, path))}{mark}: {what}")


def _plain(config: DictConfig, *, resolve: bool = False) -> dict[str, Any]:
    return cast("dict[str, Any]", OmegaConf.to_container(config, resolve=resolve))


def _is_marked(key: Any) -> bool:
    return isinstance(key, str) and key.endswith(("-", "+"))


def _marked(overlay: dict[str, Any], mark: str) -> Iterator[tuple[str, Any]]:
    return ((k[:-1], value) for k, value in overlay.items() if isinstance(k, str) and k.endswith(mark))


class ComposedConfigLoader(OmegaConfigLoader):
    """Kedro's loader for `--env` with several names, separated by commas.

    Attributes:
        parameter_names: that `conf/base` declares or that belong to an entry removed by an overlay; known
            once the parameters are loaded.
    """

    parameter_names: frozenset[str]

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """Folders of `conf` that are laid over each other, `base` first.

        Raises:
            DataError: there is no such environment.
        """
        names = [name.strip() for name in (self.env or self.default_run_env).split(",") if name.strip()]
        known = sorted(p.name for p in Path(self.conf_source).glob("[!._]*/"))
        for name in names:
            if known and name not in known:
                raise DataError(
                    f"no environment {name!r} in {self.conf_source}: expected one of {', '.join(known)}, or "
                    "several of them separated by commas"
                )
        return tuple(dict.fromkeys((self.base_env, *names)))

    def _read_raw_config(
        self, key: str
    ) -> tuple[dict[Path, DictConfig], dict[Path, DictConfig], str, str, set[Path]]:
        """Everything composed in the place of Kedro's base, and nothing in that of its one environment."""
        read: set[Path] = set()
        composition = Composition()
        for environment in self.environments:
            folder = self._get_conf_env_path(environment)
            files = self._read_dir_configs(folder, self.config_patterns[key], key, read, key == "credentials")
            for file in sorted(files):
                values = _plain(files[file])
                if self.merge_strategy.get(key) == "soft":
                    composition.apply(values, str(file), declares=environment == self.base_env)
                else:
                    composition.values |= values
            if key == "parameters" and environment == self.base_env:
                self.parameter_names = frozenset(composition.values)
        if key == "parameters":
            composition.apply(self.runtime_params, "--params")
            self.parameter_names |= {path[-1] for path in composition.removed}
        folder = self._get_conf_env_path(self.base_env)
        return {Path(folder): OmegaConf.create(composition.values)}, {}, folder, folder, read

    def _merge_and_resolve(self, key: str, config_per_file: dict[Path, DictConfig]) -> dict[str, Any]:
        if key != "parameters":
            return super()._merge_and_resolve(key, config_per_file)
        # the command line's parameters are composed already
        resolved = [_plain(composed, resolve=True) for composed in config_per_file.values()]
        return resolve_recipes({k: v for d in resolved for k, v in d.items() if not k.startswith("_")})

    def _get_runtime_value(self, variable: str, *default: Any) -> Any:
        try:
            return super()._get_runtime_value(variable, *default)
        except InterpolationResolutionError as error:
            raise InterpolationResolutionError(
                f"{variable!r} is not given: make run ENV={self.env} {variable.upper()}=<folder>, or "
                f"kedro run --env={self.env} --params={variable}=<folder>"
            ) from error


def project_configuration(project: Path, env: str | None = None) -> AbstractConfigLoader:
    """The configuration of a bootstrapped Kedro project outside a run; `env` as for `--env`."""
    from kedro.framework.project import settings

    loader: AbstractConfigLoader = settings.CONFIG_LOADER_CLASS(
        str(project / settings.CONF_SOURCE), env=env, **settings.CONFIG_LOADER_ARGS
    )
    return loader
