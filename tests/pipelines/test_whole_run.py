import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.submission import read_retrieval_submission
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.manifest import manifest_fingerprint
from landmark_retrieval.metrics.gldv2_retrieval import per_query
from landmark_retrieval.search.identity import ids_fingerprint
from landmark_retrieval.tables import Manifest

pytestmark = pytest.mark.slow

VARIANTS = ("v1", "v2", "v2_clean", "rgldv2_clean")
ABLATIONS = (
    "knn",
    "spatial_verification",
    "aqe",
    "alpha_qe",
    "diffusion",
    "offline_diffusion",
    "explore_exploit",
    "sort",
    "sort_insert",
    "alpha_qe_sort_insert",
    "calibrated_labels",
)
PROJECT = Path(__file__).parents[2]


def test_every_artefact_is_there(whole):
    kept = whole.pipeline.all_outputs() - {"world.plan"}

    assert len(kept) > 200
    assert [name for name in sorted(kept) if not whole.catalog.exists(name)] == []


def test_the_experiments_of_the_demo_ran(whole):
    assert tuple(whole.experiments["variants"]) == VARIANTS
    assert tuple(whole.experiments["ablations"]) == ABLATIONS


def test_an_environment_on_top_of_another_goes_on_from_its_artefacts(whole, tmp_path):
    both = replace(whole.laboratory.copy(tmp_path / "both"), env="test,methods")
    figures = "v1.alpha_dba_alpha_qe.gldv2.metrics"
    session = both.run(pipeline_names=["reranking", "evaluation"], to_outputs=[figures])

    record = both.lineage(session)
    assert record["env"] == "test,methods"
    assert figures in both.written(session)
    assert {e["name"] for e in record["datasets"] if not e["written_by"]} >= {"v1.gldv2.index_embeddings"}


def test_no_photograph_is_lost_between_list_and_tables(whole):
    raw = whole.load("gldv2.raw").root
    damaged = whole.load("gldv2.damaged_images")
    for split, listed in {"train": "train", "index": "index", "query": "test"}.items():
        ids = pd.read_csv(raw / f"{listed}.csv", dtype=str)["id"]
        assert whole.load(f"gldv2.{split}_images")["image_id"].tolist() == ids.tolist()
    assert damaged.empty


def test_manifests_say_why_each_image_is_in_or_out(whole):
    manifests = {variant: Manifest.validate(whole.load(f"{variant}.manifest")) for variant in VARIANTS}

    for manifest in manifests.values():
        assert (manifest["reason"].str.len() > 0).all()
    for parent, child in pairwise(manifests[variant] for variant in VARIANTS[1:]):
        assert parent["image_id"].tolist() == child["image_id"].tolist()
        assert not (child["kept"] & ~parent["kept"]).any()
        assert 0 < child["kept"].sum() < parent["kept"].sum()


def test_overlapping_landmarks_are_out_with_all_their_images(whole):
    before, after = whole.load("v2_clean.manifest"), whole.load("rgldv2_clean.manifest")
    decisions = whole.load("rgldv2_clean.overlap_decisions")
    removed = before["landmark_id"].isin(decisions.loc[decisions["removed"], "landmark_id"])

    assert (before["kept"] & removed).any()
    assert after["kept"].tolist() == (before["kept"] & ~removed).tolist()
    assert after.loc[before["kept"] & removed, "reason"].str.startswith("also in rworld").all()
    assert (after.loc[before["kept"] & removed, "evidence"] == "rgldv2_clean.overlap_decisions").all()


def test_models_know_the_landmarks_of_their_manifests_alone(whole):
    for variant in VARIANTS:
        manifest = whole.load(f"{variant}.manifest")
        kept = manifest[manifest["kept"]]
        predictions = whole.load(f"{variant}.gldv2.index_predictions")
        assert (
            whole.load(f"{variant}.{variant}.train_embeddings").image_ids.tolist()
            == kept["image_id"].tolist()
        )
        assert set(predictions["landmark_id"]) <= set(kept["landmark_id"])


@pytest.mark.parametrize(
    ("benchmark", "splits", "metrics"),
    [
        ("gldv2", {"Private", "Public"}, {"mAP@100", "P@10", "MeanPos"}),
        ("rworld", {"Easy", "Medium", "Hard"}, {"mAP", "mP@1", "mP@5", "mP@10"}),
    ],
)
def test_the_comparison_has_every_variant_ablation_split_and_metric(whole, benchmark, splits, metrics):
    table = whole.load(f"{benchmark}.comparison")
    rows = table[["system", "ablation", "split", "metric"]].itertuples(index=False, name=None)

    assert sorted(rows) == sorted(product(VARIANTS, ABLATIONS, splits, metrics))
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert table["protocol"].str.len().min() > 0
    assert (table["delta"].isna() == (table["ablation"] == "knn")).all()


def test_the_comparison_is_the_mean_of_the_per_query_tables(whole):
    table = whole.load("gldv2.comparison")
    for row in table[table["metric"] == "mAP@100"].itertuples():
        queries = whole.load(f"{row.system}.{row.ablation}.gldv2.per_query")
        ap = queries.loc[queries["usage"] == row.split, "ap"]
        assert row.value == pytest.approx(ap.mean(), abs=1e-12)
        assert row.n == len(ap)


@pytest.mark.parametrize("benchmark", ["gldv2", "rworld"])
def test_rankings_belong_to_the_images_they_were_made_for(whole, benchmark):
    for variant, ablation in product(VARIANTS, ABLATIONS):
        ranking = whole.load(f"{variant}.{ablation}.{benchmark}.ranking")
        queries = whole.load(f"{variant}.{benchmark}.query_embeddings").image_ids
        index = whole.load(f"{variant}.{benchmark}.index_embeddings").image_ids
        assert ranking.ids_fingerprint == ids_fingerprint(queries, index)
        assert ranking.positions.shape == (len(queries), len(index))  # the tiny index is shorter than 100


def test_a_ranking_is_refused_beside_other_images(whole):
    ranking = whole.load("v2_clean.knn.gldv2.ranking")
    queries = whole.load("v2_clean.gldv2.query_embeddings").image_ids
    index = whole.load("v2_clean.gldv2.index_embeddings").image_ids

    with pytest.raises(DataError, match="made for other images"):
        per_query(ranking, queries, index[::-1], whole.load("gldv2.retrieval_solution"))


def test_a_submission_reads_back_as_its_ranking(whole):
    name = "v2.alpha_qe_sort_insert.gldv2"
    queries = whole.load("v2.gldv2.query_embeddings").image_ids
    index = whole.load("v2.gldv2.index_embeddings").image_ids
    (path,) = Path(whole.catalog.get(f"{name}.submission")._filepath).rglob("submission.csv")
    read = read_retrieval_submission(FileTree(path.parent), path.name, queries)

    assert read["image_id"].tolist() == queries.tolist()
    assert read["images"].tolist() == index[whole.load(f"{name}.ranking").positions].tolist()


def test_the_truth_about_the_world_scores_cleaning_and_overlap_removal(whole):
    cleaning = whole.load("v2_clean.cleaning_quality").set_index(["measure", "fault"])
    truth = whole.load("world.truth").set_index("image_id")["fault"]
    manifest = whole.load("v2_clean.manifest").set_index("image_id")
    faulty = truth[manifest.index] != ""

    assert cleaning.loc[("recall", "any"), "count"] == (faulty & ~manifest["kept"]).sum()
    assert cleaning.loc[("kept", "none"), "total"] == (~faulty).sum()
    assert set(whole.load("rgldv2_clean.cleaning_quality")["measure"]) == {"precision", "recall"}


class Page(HTMLParser):
    """What a page refers to, and the ids it defines."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster"):
                self.references.append(value)
            if name == "id":
                self.ids.add(value)


@pytest.mark.parametrize(
    "name",
    [
        "summary_page",
        "v2_clean.gldv2.gallery_page",
        "v2_clean.rworld.gallery_page",
        "audits.cleaning.page",
        "audits.overlap.page",
        "rgldv2_clean.review_sheet",
    ],
)
def test_a_page_needs_no_other_file(whole, name):
    text = whole.load(name)
    page = Page(text)
    outside = [reference for reference in page.references if not reference.startswith(("data:", "#"))]
    inside = {reference[1:] for reference in page.references if reference.startswith("#")}

    assert outside == []
    assert inside <= page.ids
    assert not re.search(r"url\(\s*(?!['\"]?(?:data:|#))|@import", text)
    nothing_to_show = name.endswith("gallery_page") and "no query changed" in text
    assert "data:image/jpeg" in text or nothing_to_show


def test_the_summary_shows_every_variant_with_its_fingerprint(whole):
    text = whole.load("summary_page")

    for variant in VARIANTS:
        assert manifest_fingerprint(whole.load(f"{variant}.manifest"))[:8] in text
    for name in (*ABLATIONS, "GLD-v2 (generated)", "RWorld (generated)", "mAP@100", "GAP"):
        assert name in text


def test_lineage_knows_the_content_of_all_that_was_read_and_written(whole):
    record = whole.laboratory.lineage(whole.session)
    entries = {entry["name"]: entry for entry in record["datasets"]}
    datasets = {name for name in whole.pipeline.datasets() if not name.startswith("params:")}

    assert record["status"] == "succeeded"
    assert set(entries) == datasets
    from_people = {"rgldv2_clean.verdicts", "rgldv2_clean.landmark_lists"}
    assert [name for name in datasets - from_people - {"world.plan"} if not entries[name]["sha256"]] == []
    for node in whole.pipeline.nodes:
        assert all(entries[name]["written_by"] == node.name for name in node.outputs)
        read = [name for name in node.inputs if not name.startswith("params:")]
        assert all(node.name in entries[name]["read_by"] for name in read)


def test_lineage_gives_the_sha256_of_the_files(whole):
    entries = {e["name"]: e for e in whole.laboratory.lineage(whole.session)["datasets"]}
    for name in ("v2_clean.manifest", "gldv2.comparison", "summary_page", "world.truth"):
        content = Path(entries[name]["path"]).read_bytes()
        assert entries[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert entries[name]["version"] == (None if name == "world.truth" else whole.session)


@pytest.fixture(scope="module")
def runs(whole) -> dict[str, Run]:
    """MLflow runs by name; the outermost as the empty name."""
    client = MlflowClient(f"sqlite:///{whole.laboratory.data}/mlflow.db")
    experiment = client.get_experiment_by_name("test")
    found = client.search_runs(
        [experiment.experiment_id], f"tags.session = '{whole.session}'", max_results=1000
    )
    return {run.info.run_name if "variant" in run.data.tags else "": run for run in found}


def test_mlflow_has_a_run_per_variant_and_ablation(runs):
    parents = {name: run.data.tags.get("mlflow.parentRunId") for name, run in runs.items()}
    ids = {name: run.info.run_id for name, run in runs.items()}
    ablations = [f"{variant}.{ablation}" for variant, ablation in product(VARIANTS, ABLATIONS)]

    assert set(runs) == {"", *VARIANTS, *ablations}
    assert parents[""] is None
    assert all(parents[variant] == ids[""] for variant in VARIANTS)
    assert all(parents[name] == ids[name.partition(".")[0]] for name in ablations)
    assert {run.info.status for run in runs.values()} == {"FINISHED"}


def test_mlflow_has_the_figures_of_the_comparison(whole, runs):
    table = whole.load("gldv2.comparison").set_index(["split", "metric"]).loc[("Private", "mAP@100")]
    for row in table.itertuples():
        metrics = runs[f"{row.system}.{row.ablation}"].data.metrics
        key = "gldv2.Private.mAP_100"
        assert (metrics[key], metrics[f"{key}.low"], metrics[f"{key}.high"]) == (row.value, row.low, row.high)


def test_mlflow_finds_the_best_ablation_of_a_variant(whole):
    client = MlflowClient(f"sqlite:///{whole.laboratory.data}/mlflow.db")
    found = client.search_runs(
        [client.get_experiment_by_name("test").experiment_id],
        "tags.variant = 'v2_clean' and tags.level = 'ablation'",
        order_by=["metrics.`gldv2.Private.mAP_100` DESC"],
    )
    table = whole.load("gldv2.comparison").query("system == 'v2_clean' and split == 'Private'")
    values = table.loc[table["metric"] == "mAP@100", "value"]

    assert found[0].data.metrics["gldv2.Private.mAP_100"] == values.max()
    assert len(found) == len(ABLATIONS)


def test_mlflow_names_the_manifest_behind_each_run(whole, runs):
    for variant, ablation in product(VARIANTS, ABLATIONS):
        fingerprint = manifest_fingerprint(whole.load(f"{variant}.manifest"))
        assert runs[variant].data.tags["manifest_fingerprint"] == fingerprint
        assert runs[f"{variant}.{ablation}"].data.tags["manifest_fingerprint"] == fingerprint


def test_one_variant_is_reranked_alone_from_stored_artefacts(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    command = "run --env=test --pipeline=reranking --namespaces=v2_clean"
    subprocess.run(
        [sys.executable, "-m", "kedro", *command.split()],
        cwd=PROJECT,
        env={**os.environ, "LANDMARK_RETRIEVAL_DATA": str(again.data), "PYTHONPATH": str(PROJECT / "src")},
        check=True,
        capture_output=True,
    )
    (session,) = {path.stem for path in (again.data / "lineage").iterdir()} - {whole.session}
    first, second = whole.laboratory.written(whole.session), again.written(session)
    rankings = [f"v2_clean/{a}/{b}/ranking" for a, b in product(ABLATIONS, ("gldv2", "rworld"))]

    assert {ranking.replace("/", ".") for ranking in rankings} <= set(second)
    assert all(name.startswith("v2_clean.") for name in second)
    assert second == {name: first[name] for name in second}
    for ranking in rankings:
        before, after = (again.data / "07_model_output" / ranking / run for run in (whole.session, session))
        for file in ("positions.npy", "scores.npy", "ranking.json"):
            assert (after / "ranking" / file).read_bytes() == (before / "ranking" / file).read_bytes()


def test_everything_behind_the_embeddings_is_the_same_the_second_time(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    session = again.run(pipeline_names=["label_prediction", "reranking", "evaluation"])
    first, second = whole.laboratory.written(whole.session), again.written(session)

    assert {"summary_page", "gldv2.comparison", "v2_clean.sort_insert.rworld.metrics"} <= set(second)
    assert second == {name: first[name] for name in second}


def test_distractors_are_appended_to_a_benchmark(whole, tmp_path):
    again = replace(whole.laboratory.copy(tmp_path / "again"), env="test,table4")
    pictures = sorted((again.data / "01_raw" / "gldv1").rglob("*.jpg"))[:9]
    (again.data / "01_raw" / "more").mkdir()
    for picture in pictures:
        (again.data / "01_raw" / "more" / picture.name).write_bytes(picture.read_bytes())
    added = {
        "sources": {"more": {"format": "distractors", "release": "nine"}},
        "benchmarks": {"rworld_more": {"source": "rworld", "distractors": ["more"]}},
    }
    stages = ["data_cleaning", "embedding", "label_prediction", "reranking", "evaluation"]

    new = ["more.read", *(f"{model}.predict_rworld_more_query" for model in VARIANTS)]
    again.run({"experiments": added}, pipeline_names=stages, from_nodes=new)

    catalog = again.open()[1]
    ranking = catalog.load("v1.knn.rworld_more.ranking")
    whole_index = whole.load("v1.rworld.index_embeddings").image_ids.tolist()
    assert ranking.depth == len(whole_index) + 9
    joined = catalog.load("v1.rworld_more.index_embeddings").image_ids.tolist()
    assert joined == whole_index + [picture.stem for picture in pictures]
    assert (ranking.positions >= 0).all()
    table = catalog.load("rworld_more.comparison")
    assert set(table["benchmark"]) == {"RWorld (generated) + more"}
    assert not table["protocol"].isin(whole.load("rworld.comparison")["protocol"]).any()


def test_variants_models_and_voters_are_independent(whole, tmp_path):
    again = replace(whole.laboratory.copy(tmp_path / "again"), env="test,voters")
    new = [
        "v1_v2_clean.unite",
        "fixed_gem.load_start_model",
        "v2_clean.embed_v2",
        "single_scale.embed_v2_clean",
    ]
    new += [f"single_scale.embed_gldv2_{split}" for split in ("index", "query")]
    new += [f"{system}.relate_gldv2_queries" for system in ("v2_clean-by-v2", "single_scale", "fixed_gem")]
    written = again.written(again.run(from_nodes=new))

    # rankings without labels are made once for a model, and verification once for a variant
    assert "v2_clean-by-v2.sort.gldv2.ranking" in written
    assert "v2_clean-by-v2.knn.gldv2.ranking" not in written
    assert not any(name.endswith(".evidence") for name in written)
    catalog = again.open()[1]
    union, parts = (
        [catalog.load(f"{name}.manifest") for name in names]
        for names in (["v1_v2_clean"], ["v2_clean", "v1"])
    )
    assert union[0]["image_id"].tolist() == [i for part in parts for i in part["image_id"]]
    assert set(union[0]["source"]) == {"gldv1", "gldv2"}
    assert len(catalog.load("union.v1_v2_clean.train_embeddings")) == union[0]["kept"].sum()
    part, parent = (catalog.load(f"v2_clean.{name}.train_embeddings") for name in ("v2_clean", "v2"))
    assert (part.vectors == parent.vectors[parent.rows_of(part.image_ids)]).all()  # embedded once
    table = catalog.load("gldv2.comparison")
    systems = table[["system", "model", "voters"]].drop_duplicates().to_numpy().tolist()
    assert ["v2_clean-by-v1_v2_clean", "v2_clean", "v1_v2_clean"] in systems
    assert ["fixed_gem", "fixed_gem", "v2_clean"] in systems
    knn = table.query("ablation == 'knn' and metric == 'mAP@100' and split == 'Private'").set_index("system")
    assert knn.loc["v2_clean", "value"] == knn.loc["v2_clean-by-v2", "value"]
