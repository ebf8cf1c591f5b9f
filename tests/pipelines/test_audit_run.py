"""What cleaning and audits do in a whole run: continuing, verdicts, pages, builds."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import kept, manifest_fingerprint

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
AUDITS = {"cleaning": ("v2", "v2_clean"), "overlap": ("v2_clean", "rgldv2_clean")}


def manifest_of(laboratory, variant: str) -> pd.DataFrame:
    return laboratory.open()[1].load(f"{variant}.manifest")


def read_page(laboratory, name: str) -> str:
    return laboratory.open()[1].load(name)


def put_verdicts(laboratory, **content) -> None:
    folder = laboratory.data / "01_raw" / "verdicts" / "rgldv2_clean"
    folder.mkdir(parents=True, exist_ok=True)
    said = {"format": "landmark-retrieval verdicts 1", "variant": "rgldv2_clean", "sheet": "0" * 64}
    said |= {"reviewer": "Ann", "saved": "2026-01-31T12:00:00Z"} | content
    (folder / f"{said['reviewer']}.json").write_text(json.dumps(said), encoding="utf-8")


@pytest.mark.parametrize("audit", AUDITS)
def test_an_audit_names_both_manifests_and_tells_every_changed_image(whole, audit):
    page = whole.load(f"audits.{audit}.page")
    before, after = (whole.load(f"{variant}.manifest") for variant in AUDITS[audit])
    changes = whole.load(f"audits.{audit}.images")

    assert manifest_fingerprint(before) in page
    assert manifest_fingerprint(after) in page
    assert whole.session in page
    removed = set(kept(before)["image_id"]) - set(kept(after)["image_id"])
    assert removed
    assert set(changes.loc[changes["change"] == "removed", "image_id"]) == removed
    assert set(changes["change"]) == {"removed"}


def test_effects_are_told_apart_for_overlapping_queries(whole):
    effects = whole.load("audits.overlap.effects")
    of_benchmark = effects[effects["benchmark"].str.contains("RWorld")]

    assert {"all", "overlapping", "other"} <= set(of_benchmark["group"])
    assert set(effects["ablation"]) == set(whole.experiments["ablations"])


def test_evidence_stands_behind_every_image_that_cleaning_decided(whole):
    manifest, evidence = whole.load("v2_clean.manifest"), whole.load("v2_clean.evidence")
    landmark = manifest.set_index("image_id")["landmark_id"]
    first, second = (evidence.image_ids[side] for side in evidence.pairs.T)

    assert set(manifest["evidence"]) == {"v2_clean.evidence"}
    assert (manifest["source_version"].str.len() == 64).all()
    assert len(evidence) > 0
    assert (landmark[first].to_numpy() == landmark[second].to_numpy()).all()
    shown = int(evidence.inliers.argmax())
    assert len(evidence.points(shown)) == evidence.inliers[shown]


def test_the_thresholds_surveyed_contain_what_was_decided(whole):
    surface, settings = whole.load("v2_clean.threshold_sweep"), whole.load("params:v2_clean.cleaning").root
    chosen = surface["min_inliers"] == settings.min_inliers
    chosen &= surface["min_verified_neighbours"] == settings.min_verified_neighbours

    assert surface.loc[chosen, "images"].tolist() == [whole.load("v2_clean.manifest")["kept"].sum()]


def test_a_threshold_is_chosen_by_the_rate_of_false_verifications(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    parts = ("clean", "survey_thresholds", "estimate_boxes")
    session = again.run(
        {
            "v2_clean": {"cleaning": {"min_inliers": "auto"}},
            "boxes": {"min_inliers": "auto"},
            "false_verifications": {"rate": 1.5},
        },
        node_names=[f"v2_clean.{part}" for part in parts],
    )
    _, catalog = again.open()
    compared, manifest = (catalog.load(f"v2_clean.{what}") for what in ("false_verifications", "manifest"))
    row = compared[compared["used"] == "chosen"].iloc[0]
    cell = catalog.load("v2_clean.threshold_sweep").query(
        f"min_inliers == {row['min_inliers']} and min_verified_neighbours == 1"
    )

    assert set(again.written(session)) >= {"v2_clean.boxes", "v2_clean.threshold_figure"}
    assert row["per_image"] <= 1.5
    assert manifest["reason"].str.endswith(f" ({row['min_inliers']} inliers needed, auto)").all()
    assert cell["images"].tolist() == [manifest["kept"].sum()]


def test_pairs_of_different_landmarks_stand_beside_the_evidence(whole):
    landmark = whole.load("v2.manifest").set_index("image_id")["landmark_id"]
    for name in ("v2_clean", "rgldv2_clean.rworld"):
        different = whole.load(f"{name}.different_evidence")
        compared = whole.load(f"{name}.false_verifications")
        first, second = (different.image_ids[side] for side in different.pairs.T)
        assert len(different) == compared["different_pairs"].iloc[0] > 50
        assert (landmark[first].to_numpy() != landmark[second].to_numpy()).all()
        assert (compared["used"] == "given").sum() == 1


def test_audits_run_alone_from_stored_artefacts(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    session = again.run(pipeline_names=["audit"])
    tables = [f"audits.{audit}.{what}" for audit in AUDITS for what in ("images", "landmarks", "effects")]

    first, second = whole.laboratory.written(whole.session), again.written(session)
    assert {name: second[name] for name in tables} == {name: first[name] for name in tables}


def test_a_reviewer_keeps_a_landmark_and_the_page_says_why(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    removed = whole.load("rgldv2_clean.overlap_decisions").query("removed")
    landmark = int(removed["landmark_id"].iloc[0])
    note = "the tower is <b>round</b>"
    put_verdicts(again, verdicts=[{"landmark_id": landmark, "verdict": "different", "note": note}])
    again.run(node_names=["rgldv2_clean.decide"])
    with pytest.raises(DataError, match=r"rgldv2_clean\.manifest is .* --pipelines=training,embedding,"):
        again.run(node_names=["audits.overlap.measure_effects"])
    related = [f"rgldv2_clean.relate_{benchmark}_queries" for benchmark in ("gldv2", "rworld")]
    again.run(from_nodes=["rgldv2_clean.train", "rgldv2_clean.score", *related])
    before, after = whole.load("rgldv2_clean.manifest"), manifest_of(again, "rgldv2_clean")

    own = after["landmark_id"] == landmark
    assert not before.loc[own, "kept"].any()
    assert after.loc[own, "kept"].equals(whole.load("v2_clean.manifest").loc[own, "kept"])
    assert after.loc[~own].equals(before.loc[~own])
    page = read_page(again, "audits.overlap.page")
    assert "the tower is &lt;b&gt;round&lt;/b&gt;" in page
    assert "<b>round" not in page


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([{"landmark_id": 10**9, "verdict": "same", "note": ""}], "1000000000"),
        ([{"landmark_id": "own", "verdict": "same", "note": ""}] * 2, "twice|already"),
        ([{"landmark_id": "own", "verdict": "perhaps", "note": ""}], "perhaps"),
    ],
)
def test_a_wrong_verdict_ends_the_run_before_anything_is_written(whole, tmp_path, verdicts, expected):
    again = whole.laboratory.copy(tmp_path / "again")
    own = int(whole.load("v2_clean.manifest")["landmark_id"].iloc[0])
    numbered = [
        {**v, "landmark_id": own if v["landmark_id"] == "own" else v["landmark_id"]} for v in verdicts
    ]
    put_verdicts(again, verdicts=numbered)
    builds = set((again.data / "03_primary" / "rgldv2_clean" / "manifest.parquet").iterdir())

    with pytest.raises(DataError, match=expected):
        again.run(node_names=["rgldv2_clean.decide"])

    assert set((again.data / "03_primary" / "rgldv2_clean" / "manifest.parquet").iterdir()) == builds


def test_cleaning_that_was_killed_goes_on_and_ends_the_same(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    primary = again.data / "03_primary" / "v2_clean"
    for work in primary.glob("*_shards/*"):
        work.unlink()
    command = "run --env=test --pipelines=data_cleaning"
    command += " --from-nodes=v2_clean.find_neighbours,v2_clean.extract_candidates"
    command += " --namespaces=v2_clean"
    environment = {
        **os.environ,
        "LANDMARK_RETRIEVAL_DATA": str(again.data),
        "PYTHONPATH": str(PROJECT / "src"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", *command.split()],
        cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    patience = time.monotonic() + 120
    while not list(primary.glob("feature_shards/[!.]*")) and time.monotonic() < patience:
        time.sleep(0.01)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in primary.glob("*_shards/[!.]*") if path.is_file()}

    again.run(
        pipeline_names=["data_cleaning"],
        from_nodes=["v2_clean.find_neighbours", "v2_clean.extract_candidates"],
        namespaces=["v2_clean"],
    )

    assert finished
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    first, second = whole.load("v2_clean.manifest"), manifest_of(again, "v2_clean")
    assert manifest_fingerprint(second) == manifest_fingerprint(first)


def test_two_builds_of_a_variant_are_compared(whole, tmp_path):
    again = whole.laboratory.copy(tmp_path / "again")
    first = whole.session
    again.run(
        pipeline_names=["data_cleaning"],
        from_nodes=["v2_clean.clean"],
        namespaces=["v2_clean"],
        runtime_params={"v2_clean": {"cleaning": {"min_inliers": 9}}},
    )
    audits = {
        "builds": {"before": f"v2_clean@{first}", "after": "v2_clean", "effects": False},
        "reviewed": {"before": f"rgldv2_clean@{first}", "after": "rgldv2_clean", "effects": False},
    }
    again.run(
        pipeline_names=["audit"],
        node_names=[f"audits.{name}.compare" for name in audits],
        runtime_params={"experiments": {"audits": audits}},
    )
    page = read_page(again, "audits.builds.page")
    assert "Nothing differs" in read_page(again, "audits.reviewed.page")

    assert manifest_fingerprint(whole.load("v2_clean.manifest")) in page
    assert manifest_fingerprint(manifest_of(again, "v2_clean")) in page
    assert "min_inliers" in page
