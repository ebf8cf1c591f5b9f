from contextvars import Context
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from landmark_retrieval import experiments
from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments import Experiments, refuse_unknown
from landmark_retrieval.experiments.variants import Source
from landmark_retrieval.formats.registry import FORMATS, Format
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep

VALID: dict[str, Any] = {
    "sources": {
        "small": {"format": "gldv1", "release": "Small"},
        "noisy": {"format": "gldv2", "release": "Noisy"},
        "judged": {"format": "revisited", "release": "Judged"},
    },
    "variants": {
        "v1": {"source": "small"},
        "v2": {"source": "noisy", "start": "v1"},
        "v2_clean": {"cleaned_from": "v2", "embedded_by": "v1", "start": "v1"},
        "rv2_clean": {"without_overlap_from": "v2_clean", "against": ["judged"], "start": "v1"},
    },
    "baseline": "knn",
    "ablations": {
        "knn": {"steps": [{"method": "knn"}]},
        "sort_insert": {"after": "knn", "steps": [{"method": "sort_step"}, {"method": "insert_step"}]},
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The valid experiments with one entry set, parts of its path separated by slashes."""
    *parents, last = path.split("/")
    values = entry = deepcopy(VALID)
    for parent in parents:
        entry = entry[parent]
    entry[last] = value
    return values


def test_valid_experiments_are_read():
    chosen = Experiments.model_validate(VALID)

    assert [type(step) for step in chosen.ablations["sort_insert"].steps] == [SortStep, InsertStep]
    assert list(chosen.benchmarks) == ["noisy", "judged"]
    assert [chosen.variants[name].parent for name in chosen.variants] == [None, None, "v2", "v2_clean"]
    assert {name: chosen.source_of(name) for name in chosen.variants} == {
        "v1": "small", "v2": "noisy", "v2_clean": "noisy", "rv2_clean": "noisy",
    }  # fmt: skip


def test_a_source_knows_its_format_and_how_it_is_judged():
    sources = Experiments.model_validate(VALID).sources

    assert sources["small"].tables == ("train_images", "damaged_images", "image_hashes")
    assert "relevance" in sources["judged"].tables
    assert [sources[name].family.name for name in ("noisy", "judged")] == ["gldv2", "revisited"]
    assert sources["judged"].family.depth is None


def test_an_unknown_format_is_refused_with_all_that_are_known():
    with pytest.raises(
        ValidationError, match="'gldv3': expected one of gldv1, gldv2, photo_folder, revisited"
    ):
        Source(format="gldv3", release="any")


def test_a_source_is_judged_by_the_families_of_its_format(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(
        FORMATS, "either", Format("either", ("index", "query"), families=("gldv2", "revisited"))
    )

    assert Source(format="either", release="any").family.truth == "retrieval_solution"
    assert Source(format="either", release="any", judged_by="revisited").family.truth == "relevance"
    with pytest.raises(ValidationError, match="'gldv2' is not judged by 'revisited': expected gldv2"):
        Source(format="gldv2", release="any", judged_by="revisited")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("variants/v2/source", "nosy", "variant 'v2' refers to an unknown source 'nosy'"),
        ("variants/v2/start", "v0", "variant 'v2' refers to an unknown variant 'v0'"),
        ("variants/v2_clean/cleaned_from", "v3", "variant 'v2_clean' refers to an unknown variant 'v3'"),
        ("variants/v2_clean/embedded_by", "v3", "variant 'v2_clean' refers to an unknown variant 'v3'"),
        ("variants/rv2_clean/against", ["paris"], "variant 'rv2_clean' refers to an unknown source 'paris'"),
        (
            "ablations/sort_insert/after",
            "kmm",
            "ablation 'sort_insert' comes after an unknown ablation 'kmm'",
        ),
        ("baseline", "kmm", "the baseline 'kmm' is not among the ablations"),
        ("delf", "v3", "delf is trained on an unknown variant 'v3'"),
        (
            "audits",
            {"leak": {"before": "v2", "after": "v3"}},
            "audit 'leak' refers to an unknown variant 'v3'",
        ),
    ],
)
def test_a_name_that_refers_to_nothing_is_an_error(path: str, value: Any, expected: str):
    with pytest.raises(ValidationError, match=expected):
        Experiments.model_validate(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("variants/v2/source", "judged", "source 'judged' of variant 'v2' holds no training images"),
        ("variants/rv2_clean/against", ["small"], "against 'small', which holds no queries"),
        ("variants/v2_clean/cleaned_from", "pretrained", "'pretrained', which is a model and no variant"),
        ("variants/pretrained", {"source": "noisy"}, "'pretrained' names the start model"),
        ("variants/listed", {"published_from": "v1"}, "its source 'small' publishes no clean list"),
    ],
)
def test_a_name_of_the_wrong_kind_is_an_error(path: str, value: Any, expected: str):
    with pytest.raises(ValidationError, match=expected):
        Experiments.model_validate(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("variants/v1/start", "v2", "variants .*: v1 -> v2 -> v1"),
        ("variants/v2_clean/start", "v2_clean", "variants .*: v2_clean -> v2_clean"),
        ("variants/v2_clean/embedded_by", "rv2_clean", "variants .*: v2_clean -> rv2_clean -> v2_clean"),
        ("ablations/knn/after", "sort_insert", "ablations .*: knn -> sort_insert -> knn"),
    ],
)
def test_a_circle_is_an_error_that_shows_it(path: str, value: str, expected: str):
    with pytest.raises(ValidationError, match=expected):
        Experiments.model_validate(changed(path, value))


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ({}, "exactly one of source, published_from, cleaned_from, without_overlap_from and withheld_from"),
        ({"source": "noisy", "cleaned_from": "v2", "embedded_by": "v1"}, "exactly one of source"),
        ({"cleaned_from": "v2"}, "embedded_by belongs to cleaned_from"),
        ({"source": "noisy", "embedded_by": "v1"}, "embedded_by belongs to cleaned_from"),
        ({"without_overlap_from": "v2"}, "against belongs to without_overlap_from"),
        ({"source": "noisy", "against": ["judged"]}, "against belongs to without_overlap_from"),
        ({"withheld_from": "v2"}, "against belongs to without_overlap_from and withheld_from"),
        ({"withheld_from": "v2", "against": ["judged"]}, "queries of 'judged' have no known landmark"),
    ],
)
def test_a_variant_has_one_origin_and_what_belongs_to_it(variant: dict[str, Any], expected: str):
    with pytest.raises(ValidationError, match=expected):
        Experiments.model_validate(changed("variants/v3", variant))


@pytest.mark.parametrize("kind", ["sources", "variants", "ablations"])
@pytest.mark.parametrize("name", ["v2.clean", "v2 clean", "v2/clean", ""])
def test_a_name_is_a_word(kind: str, name: str):
    values = deepcopy(VALID)
    values[kind][name] = next(iter(VALID[kind].values()))

    with pytest.raises(ValidationError, match="is no name"):
        Experiments.model_validate(values)


def test_what_refers_to_a_removed_entry_is_an_error():
    values = deepcopy(VALID)
    del values["variants"]["v1"]

    with pytest.raises(ValidationError, match="variant 'v2' refers to an unknown variant 'v1'"):
        Experiments.model_validate(values)


def test_without_ablations_no_baseline_is_needed():
    values = deepcopy(VALID) | {"ablations": {}}

    assert Experiments.model_validate(values).ablations == {}


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("variants/v2/strat", "v1", "variants.v2.strat"),
        ("sources/noisy/fromat", "gldv2", "sources.noisy.fromat"),
        ("sources/noisy/format", "gldv3", "sources.noisy.format"),
        ("ablations/sort_insert/step", [], "ablations.sort_insert.step"),
        ("ablations/knn/steps", [{"method": "kmm"}], "ablations.knn.steps.0"),
        ("ablations/knn/steps", [{"method": "knn", "kk": 5}], "ablations.knn.steps.0.knn.kk"),
        ("ablations/knn/steps", [], "ablations.knn.steps"),
        ("varaints", {}, "varaints"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_it(path: str, value: Any, named: str):
    with pytest.raises(ValidationError) as error:
        Experiments.model_validate(changed(path, value))

    assert named in [".".join(map(str, e["loc"])) for e in error.value.errors()]


def test_chosen_experiments_are_those_of_the_run():
    def run() -> Experiments:
        experiments.choose({"experiments": VALID, "seed": 0})
        return experiments.chosen()

    assert Context().run(run) == Experiments.model_validate(VALID)


def test_parameters_of_the_defaults_and_of_the_experiments_are_known():
    parameters = {
        "experiments": VALID,
        "seed": 0,
        "judged": "/photographs",
        "v2": None,
        "v2_clean": {"cleaning": {}},
    }

    chosen = Experiments.model_validate(VALID)

    assert refuse_unknown(parameters, chosen, {"experiments", "seed", "training"}) is None


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"sed": 1}, "'sed'"),
        ({"v2_claen": {"cleaning": {}}}, "'v2_claen'"),
        ({"v2_clean": {"claening": {}}}, "'v2_clean.claening'"),
    ],
)
def test_a_parameter_that_nothing_reads_is_an_error_that_names_it(parameters: dict[str, Any], named: str):
    with pytest.raises(DataError, match=named):
        refuse_unknown(parameters, Experiments.model_validate(VALID), {"experiments", "seed"})


def test_a_chain_that_starts_from_nothing_is_refused():
    with pytest.raises(ValidationError, match="'sort_step' needs a ranking"):
        Ablation.model_validate({"steps": [{"method": "sort_step"}]})


def with_ablations(**ablations: Any) -> Experiments:
    return Experiments.model_validate(VALID | {"ablations": {"knn": VALID["ablations"]["knn"], **ablations}})


def test_a_chain_is_the_steps_of_all_it_comes_after():
    chosen = Experiments.model_validate(VALID)

    assert [step.method for step in chosen.chain("sort_insert")] == ["knn", "sort_step", "insert_step"]
    assert chosen.own_steps(chosen.segments["sort_insert"]) == slice(0, 2)


def test_a_beginning_that_two_ablations_share_is_a_link_of_its_own():
    steps = [{"method": "aqe"}, {"method": "sort_step"}]
    chosen = with_ablations(
        low={"after": "knn", "steps": [*steps, {"method": "insert_step", "threshold": 0.0}]},
        high={"after": "knn", "steps": [*steps, {"method": "insert_step", "threshold": 1.2}]},
    )

    shared = chosen.segments["knn-aqe-sort_step"]
    assert (shared.after, chosen.own_steps(shared)) == ("knn", slice(0, 2))
    assert [chosen.own_steps(chosen.segments[name]) for name in ("low", "high")] == [slice(2, 3)] * 2


def test_nothing_comes_after_changed_inputs():
    dba = {"steps": [{"method": "dba"}]}

    with pytest.raises(ValidationError, match="'more' comes after 'dba', whose 'dba' changes what later"):
        with_ablations(dba=dba, more={"after": "dba", "steps": [{"method": "alpha_qe"}]})
    whole = with_ablations(dba=dba, more={"steps": [{"method": "dba"}, {"method": "alpha_qe"}]})
    assert whole.segments["more"].after is None


def test_training_images_are_taken_out_of_the_lists_again():
    database, only = {"method": "add_train_to_index"}, {"method": "drop_train"}

    with pytest.raises(ValidationError, match="add_train_to_index without drop_train"):
        with_ablations(database={"steps": [database, {"method": "sort_step"}]})
    assert with_ablations(database={"steps": [database, only]}).needed("train")


def test_what_steps_look_at_is_known_before_they_run():
    plain = Experiments.model_validate(VALID)
    chosen = with_ablations(
        graph={"after": "knn", "steps": [{"method": "diffusion", "k": 30}]},
        verified={"after": "knn", "steps": [{"method": "spatial_verification"}]},
        offline={"after": "knn", "steps": [{"method": "offline_diffusion"}]},
    )

    assert (plain.neighbours_needed, chosen.neighbours_needed) == (0, 30)
    assert (plain.needed("geometry"), chosen.needed("geometry")) == (False, True)
    assert not chosen.needed("votes")


def test_rows_of_equal_settings_are_solved_once():
    def offline(k_q: int, k_d: int) -> dict[str, Any]:
        return {"after": "knn", "steps": [{"method": "offline_diffusion", "k_q": k_q, "k_d": k_d}]}

    chosen = with_ablations(few=offline(3, 50), many=offline(10, 50), other=offline(3, 20))

    assert list(chosen.offline_diffusions) == ["few", "other"]
    assert chosen.solved_for(chosen.ablations["many"].steps[0]) == "few"
    twice = {"after": "knn", "steps": [*offline(3, 50)["steps"], *offline(3, 20)["steps"]]}
    with pytest.raises(ValueError, match="two steps offline_diffusion"):
        _ = with_ablations(twice=twice).offline_diffusions
