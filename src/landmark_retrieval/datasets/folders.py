"""Artefacts that the library itself loads from a folder and saves to one."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, ClassVar, Literal

import numpy as np

from landmark_retrieval.datasets.atomic import AtomicDataset, FloatDataset


class FolderDataset(AtomicDataset[Any, Any]):
    """A folder that two functions of the library load and save, given as `module:function`.

    They are imported on first use. Without a saver the data's method `save` is called.
    """

    loader: ClassVar[str]
    saver: ClassVar[str | None] = None

    def _read(self, path: Path) -> Any:
        return resolve_name(self.loader)(path)

    def _write(self, path: Path, data: Any) -> None:
        path.mkdir()
        if self.saver is None:
            data.save(path)
        else:
            resolve_name(self.saver)(data, path)


class ModelDataset(FloatDataset[Any, Any]):
    """An embedding model: weights as safetensors beside the configuration; always loaded as float32."""

    def _read(self, path: Path) -> Any:
        from landmark_retrieval.models.storage import load_model

        return load_model(path)

    def _write(self, path: Path, data: Any) -> None:
        from landmark_retrieval.models.storage import save_model

        save_model(data, path, self._dtype)


class DelfModelDataset(FolderDataset):
    """A DELF model: weights as safetensors, backbone included, beside the configuration."""

    loader = "landmark_retrieval.local_features.delf.model:load_delf"
    saver = "landmark_retrieval.local_features.delf.model:save_delf"


class LocalFeaturesDataset(FolderDataset):
    """Local features in shards; loaded memory-mapped, shard by shard.

    A stream is written shard by shard and never held in memory as a whole. With a work folder the shards are
    links to those that the extraction leaves there, or copies where that is another disk.
    """

    loader = "landmark_retrieval.local_features.storage.store:LocalFeatureStore.load"


class EvidenceDataset(FolderDataset):
    """Evidence of verification: one `.npy` file per array, ids included; loaded memory-mapped."""

    loader = "landmark_retrieval.verification.evidence:Evidence.load"


class FaissIndexDataset(FolderDataset):
    """An approximate index: `index.faiss`, and `index.json` with factory, sample and fingerprints.

    A search refuses an index that was built from other embeddings than it is given.
    """

    loader = "landmark_retrieval.search.approximate.index:load_index"
    saver = "landmark_retrieval.search.approximate.index:save_index"


class ArraysDataset(AtomicDataset[Any, Any]):
    """A dataclass `record` (`module:class`): arrays as `.npy`, the other fields in the JSON `contents`."""

    record: ClassVar[str]
    contents: ClassVar[str]
    mmap_mode: ClassVar[Literal["r"] | None] = None

    def _read(self, path: Path) -> Any:
        record = resolve_name(self.record)
        others = json.loads((path / self.contents).read_text(encoding="utf-8"))
        names = [field.name for field in fields(record) if field.name not in others]
        return record(**{n: np.load(path / f"{n}.npy", mmap_mode=self.mmap_mode) for n in names}, **others)

    def _write(self, path: Path, data: Any) -> None:
        path.mkdir()
        values = {field.name: getattr(data, field.name) for field in fields(data)}
        for name in [name for name, value in values.items() if isinstance(value, np.ndarray)]:
            np.save(path / f"{name}.npy", values.pop(name), allow_pickle=False)
        (path / self.contents).write_text(json.dumps(values) + "\n", encoding="utf-8")


class RankingDataset(ArraysDataset):
    """A ranking, with the index that its positions point into."""

    record = "landmark_retrieval.ranking:Ranking"
    contents = "ranking.json"


class OfflineDiffusionDataset(ArraysDataset):
    """Rows of offline diffusion, with the settings and images they were computed for; memory-mapped."""

    record = "landmark_retrieval.reranking.offline_diffusion_rows:OfflineDiffusion"
    contents = "offline_diffusion.json"
    mmap_mode = "r"
