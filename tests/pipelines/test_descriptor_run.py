"""Embeddings without pictures, from files to the comparison."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError

PROJECT = Path(__file__).parents[2]
SPLITS = {"train": 60, "index": 90, "query": 12}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two arrays, a third for training, and a table: ten landmarks around as many directions."""
    rng = np.random.default_rng(0)
    folder, centres = tmp_path_factory.mktemp("mine"), rng.standard_normal((10, 16))
    rows = []
    for split, n in SPLITS.items():
        landmarks = np.arange(n) % 10
        np.save(folder / f"{split}.npy", centres[landmarks] + 0.6 * rng.standard_normal((n, 16)))
        rows += [(f"{split}{i}", split, landmark) for i, landmark in enumerate(landmarks)]
    pd.DataFrame(rows, columns=["image_id", "split", "landmark_id"]).to_csv(
        folder / "images.csv", index=False
    )
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """`kedro run` on a folder of embeddings, with its artefacts in a folder of the test."""
    conf = tmp_path / "conf"
    shutil.copytree(PROJECT / "conf", conf)
    for name in ("base", "descriptors"):
        (conf / name / "globals.yml").write_text(f"data: {tmp_path}/data\nlineage: {tmp_path}/lineage\n")
    (conf / "base" / "tracking.yml").write_text(
        f"lineage: {{folder: {tmp_path}/lineage, content_limit_bytes: 1, names_limit_files: 1}}\n"
        "mlflow: {enabled: false, tracking_uri: none, artifact_folder: null, experiment: none}\n"
    )

    def run(folder: Path, env: str = "descriptors", **parameters: object) -> pd.DataFrame:
        bootstrap_project(PROJECT)
        runtime = {"descriptors": str(folder), "intervals": {"resamples": 100}, **parameters}
        with KedroSession.create(PROJECT, env=env, runtime_params=runtime, conf_source=str(conf)) as session:
            session.run()
            catalog = session.load_context().catalog
            return catalog.load("descriptors.comparison")

    return run


def test_two_arrays_and_a_table_give_the_comparison(folder, run):
    table = run(folder).query("metric == 'mAP@100'").set_index("ablation")

    queries, index = (normalise(np.load(folder / f"{split}.npy")) for split in ("query", "index"))
    relevant = np.arange(12)[:, None] % 10 == np.arange(90) % 10
    ranked = np.take_along_axis(relevant, np.argsort(-(queries @ index.T), axis=1), axis=1)
    precision = ranked.cumsum(axis=1) / np.arange(1, 91)
    assert table.loc["knn", "value"] == pytest.approx((precision * ranked).sum(axis=1).mean() / 9, abs=1e-6)
    assert set(table["voters"]) == {""}
    assert table["n"].tolist() == [12] * len(table)
    assert len(table) == 11


def test_training_vectors_vote(folder, run):
    table = run(folder, "descriptors,train_descriptors").query("metric == 'mAP@100'").set_index("ablation")

    assert table.loc["sort_insert", "value"] > table.loc["knn", "value"]
    assert set(table["voters"]) == {"train"}


def nan(folder: Path) -> None:
    vectors = np.load(folder / "index.npy")
    vectors[3, 5] = np.nan
    np.save(folder / "index.npy", vectors)


def narrow(folder: Path) -> None:
    np.save(folder / "query.npy", np.load(folder / "query.npy")[:, :8])


def ghost(folder: Path) -> None:
    names = [*(f"index{i}" for i in range(SPLITS["index"])), "ghost"]
    vectors = np.load(folder / "index.npy")
    (folder / "index.npy").unlink()
    np.savez(folder / "index.npz", names=np.array(names), X=np.vstack([vectors, vectors[:1]]))


def replaced(old: str, new: str) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        path = folder / "images.csv"
        path.write_text(path.read_text().replace(old, new, 1))

    return replace


@pytest.mark.parametrize(
    ("break_it", "env", "message"),
    [
        (nan, "descriptors", r"index.npy, row 3 \(index3\): expected finite float32 numbers"),
        (narrow, "descriptors", r"expected vectors of one dimension, but \w+.npy has"),
        (ghost, "descriptors", "index.npz: 1 vectors of no listed index image, first 'ghost'"),
        (replaced("index3,", "index4,"), "descriptors", "image_id 'index4'"),
        (replaced("index3,index,3\n", ""), "descriptors", "index.npy: 90 vectors, but 89 ids"),
        (
            replaced("train3,train,3", "train3,train,"),
            "descriptors,train_descriptors",
            "landmark_id a whole number",
        ),
        (lambda folder: (folder / "query.npy").unlink(), "descriptors", "no query vectors of 'descriptors'"),
    ],
)
def test_a_fault_is_one_clear_error(folder, run, tmp_path, break_it, env, message):
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    break_it(mine)

    with pytest.raises((DataError, ValueError), match=message) as error:
        run(mine, env)
    assert "\n" not in str(error.value)
