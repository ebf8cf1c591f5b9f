from contextvars import Context
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from landmark_retrieval import experiments
from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments import Experiments, refuse_unknown
from landmark_retrieval.experiments.models import resolve_recipes
from landmark_retrieval.experiments.sources import Source
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
        "v2": {"source": "noisy"},
        "v2_clean": {"cleaned_from": "v2", "embedded_by": "small"},
        "rv2_clean": {
            "without_overlap_from": "v2_clean",
            "embedded_by": "small",
            "against": ["judged"],
        },
    },
    "recipes": {"wide": {"model": {"dim": 1024}, "embedding": {"scales": [1.0]}}},
    "models": {
        "small": {"trained_on": "v1"},
        "large": {"trained_on": "v2", "start": "small"},
        "clean": {"trained_on": "v2_clean", "start": "small", "voters": ["v2_clean", "v2"]},
    },
    "benchmarks": {},
    "audits": {},
    "baseline": "knn",
    "ablations": {
        "knn": {"steps": [{"method": "knn"}]},
        "sort_insert": {"after": "knn", "steps": [{"method": "sort_step"}, {"method": "insert_step"}]},
    },
}


JOINED = {"source": "judged", "distractors": ["noisy"]}


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
    with pytest.raises(ValidationError, match=f"'gldv3': expected one of {', '.join(sorted(FORMATS))}"):
        Source(format="gldv3", release="any")


def test_a_source_is_judged_by_the_families_of_its_format(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(
        FORMATS, "either", Format("either", ("index", "query"), families=("gldv2", "revisited"))
    )

    assert Source(format="either", release="any").family.truth == "retrieval_solution"
    assert Source(format="either", release="any", judged_by="revisited").family.truth == "relevance"
    with pytest.raises(ValidationError, match="'gldv2' is not judged by 'revisited': expected gldv2"):
        Source(format="gldv2", release="any", judged_by="revisited")


def refused(path: str, value: Any) -> str:
    """What is said about the valid experiments with one entry changed."""
    with pytest.raises(ValidationError) as error:
        Experiments.model_validate(changed(path, value))
    return str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("variants/v2/source", "nosy", "variant 'v2' refers to an unknown source 'nosy'"),
        ("variants/v2_clean/cleaned_from", "v3", "variant 'v2_clean' refers to an unknown variant 'v3'"),
        ("variants/v2_clean/embedded_by", "v2", "variant 'v2_clean' refers to an unknown model 'v2'"),
        ("variants/rv2_clean/against", ["paris"], "variant 'rv2_clean' refers to an unknown source 'paris'"),
        ("variants/all", {"union_of": ["v1", "v3"]}, "variant 'all' refers to an unknown variant 'v3'"),
        ("models/large/trained_on", "v3", "model 'large' refers to an unknown variant 'v3'"),
        ("models/large/start", "v2", "model 'large' refers to an unknown model 'v2'"),
        ("models/large/recipe", "deep", "model 'large' refers to an unknown recipe 'deep'"),
        ("models/large/voters", ["v3"], "model 'large' refers to an unknown variant 'v3'"),
        ("models/given", {"vectors": "mine"}, "model 'given' refers to an unknown source 'mine'"),
        ("benchmarks/more", {"source": "nosy"}, "benchmark 'more' refers to an unknown source 'nosy'"),
        (
            "ablations/sort_insert/after",
            "kmm",
            "ablation 'sort_insert' comes after an unknown ablation 'kmm'",
        ),
        ("baseline", "kmm", "the baseline 'kmm' is not among the ablations"),
        ("delf", "v3", "delf refers to an unknown model 'v3'"),
        ("audits/leak", {"before": "v2", "after": "v3"}, "audit 'leak' refers to an unknown variant 'v3'"),
        (
            "audits/leak",
            {"before": "v2", "after": "v2_clean", "systems": ["large", "clean-by-v1"]},
            "audit 'leak' refers to an unknown system 'clean-by-v1'",
        ),
    ],
)
def test_a_name_that_refers_to_nothing_is_an_error(path: str, value: Any, expected: str):
    assert expected in refused(path, value)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("variants/v2/source", "judged", "source 'judged' of variant 'v2' holds no training images"),
        ("variants/rv2_clean/against", ["small"], "against 'small', which holds no queries"),
        ("variants/pretrained", {"source": "noisy"}, "'pretrained' names the start model"),
        ("models/pretrained", {"trained_on": "v1"}, "'pretrained' names the start model"),
        ("variants/listed", {"published_from": "v1"}, "its source 'small' publishes no clean list"),
        ("models/v2", {"trained_on": "v1"}, "model 'v2' is named like a variant: expected trained_on: v2"),
        ("models/large/recipe", "wide", "its recipe changes the network, but it starts from 'small'"),
        ("models/given", {"vectors": "small", "start": "large"}, "no trained_on, start or recipe"),
        ("models/small/voters", ["v1", "v1"], "voters: expected each variant once"),
        ("models/clean-by-v2", {"trained_on": "v1"}, "are called 'clean-by-v2'"),
        ("benchmarks/judged", {"source": "judged"}, "has the name of a source"),
        ("benchmarks/more", {"source": "small"}, "holds no queries"),
        ("benchmarks/more", {"source": "judged", "distractors": ["small"]}, "'small' hold no index images"),
        ("delf", "pretrained", "model 'pretrained' is trained on nothing"),
        ("variants/noisy", {"source": "noisy"}, "'noisy' names a source and a variant"),
        (
            "variants/less",
            {"withheld_from": "v1", "against": ["noisy"]},
            "landmark ids of 'small'",
        ),
        (
            "benchmarks/more",
            {"source": "judged", "distractors": ["noisy", "noisy"]},
            "distractors once",
        ),
    ],
)
def test_a_name_of_the_wrong_kind_is_an_error(path: str, value: Any, expected: str):
    assert expected in refused(path, value)


def test_a_network_embeds_no_benchmark_without_pictures():
    vectors = {"format": "descriptors", "release": "Mine"}

    assert "'mine' of 'mine' has no pictures" in refused("sources/mine", vectors)


@pytest.mark.parametrize(
    ("changes", "method", "expected"),
    [
        (
            {"models/given": {"vectors": "small"}},
            "regional_diffusion",
            "model 'given' is no network",
        ),
        (
            {"benchmarks/more": {"source": "judged", "distractors": ["noisy"]}},
            "spatial_verification",
            "of 'more'",
        ),
    ],
)
def test_steps_that_look_at_pictures_need_them(changes: dict[str, Any], method: str, expected: str):
    values = deepcopy(VALID)
    for path, value in changes.items():
        kind, _, name = path.partition("/")
        values[kind][name] = value
    assert Experiments.model_validate(values)
    values["ablations"]["looking"] = {"after": "knn", "steps": [{"method": method}]}

    with pytest.raises(ValidationError, match=expected):
        Experiments.model_validate(values)


def test_spatial_verification_needs_a_benchmark_with_pictures():
    values = deepcopy(VALID) | {"variants": {}, "models": {"given": {"vectors": "mine"}}}
    values["sources"] = {"mine": {"format": "descriptors", "release": "Mine"}}
    values["ablations"]["looking"] = {"after": "knn", "steps": [{"method": "spatial_verification"}]}

    with pytest.raises(ValidationError, match="'looking' needs pictures, but benchmark 'mine' has none"):
        Experiments.model_validate(values)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("models/small/start", "large", "model small -> model large -> model small"),
        ("variants/v2_clean/embedded_by", "clean", "variant v2_clean -> model clean -> variant v2_clean"),
        ("variants/v2", {"union_of": ["v1", "v2"]}, "variant v2 -> variant v2"),
        ("ablations/knn/after", "sort_insert", "knn -> sort_insert -> knn"),
    ],
)
def test_a_circle_is_an_error_that_shows_it(path: str, value: Any, expected: str):
    assert expected in refused(path, value)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (
            {},
            "exactly one of source, published_from, cleaned_from, without_overlap_from, withheld_from, noise",
        ),
        ({"source": "noisy", "cleaned_from": "v2", "embedded_by": "small"}, "exactly one of source"),
        ({"cleaned_from": "v2"}, "embedded_by belongs to cleaned_from"),
        ({"source": "noisy", "embedded_by": "small"}, "embedded_by belongs to cleaned_from"),
        ({"without_overlap_from": "v2", "embedded_by": "small"}, "against belongs to without_overlap_from"),
        ({"source": "noisy", "against": ["judged"]}, "against belongs to without_overlap_from"),
        ({"noise_from": "v2", "against": ["noisy"]}, "against belongs"),
        ({"withheld_from": "v2"}, "against belongs to without_overlap_from and withheld_from"),
        ({"withheld_from": "v2", "against": ["judged"]}, "queries of 'judged' have no known landmark"),
        ({"union_of": ["v2"]}, "union_of: expected two variants or more"),
        ({"union_of": ["v1", "v1"]}, "union_of: expected two variants or more, each once"),
    ],
)
def test_a_variant_has_one_origin_and_what_belongs_to_it(variant: dict[str, Any], expected: str):
    assert expected in refused("variants/v3", variant)


def test_a_union_has_the_sources_of_its_parts_and_the_landmarks_of_the_first():
    chosen = Experiments.model_validate(changed("variants/all", {"union_of": ["v2_clean", "v2", "v1"]}))

    assert chosen.sources_of("all") == ("noisy", "small")
    assert chosen.source_of("all") == "noisy"
    assert chosen.raw_of("all") == {"noisy.raw": "noisy.raw", "small.raw": "small.raw"}


def test_label_noise_is_known_behind_everything_that_is_made_from_it():
    values = changed("variants/noise", {"noise_from": "v2"})
    values["variants"] |= {
        "cleaned": {"cleaned_from": "noise", "embedded_by": "small"},
        "twice": {"noise_from": "cleaned"},
        "both": {"union_of": ["v1", "noise"]},
    }
    chosen = Experiments.model_validate(values)

    assert {name: chosen.noise_of(name) for name in chosen.variants} == {
        "v1": None, "v2": None, "v2_clean": None, "rv2_clean": None, "both": None,
        "noise": ("v2", "noise"), "cleaned": ("v2", "noise"), "twice": ("v2", "twice"),
    }  # fmt: skip
    assert chosen.source_of("twice") == "noisy"


def test_a_union_has_no_unions_as_parts():
    values = changed("variants/both", {"union_of": ["v1", "v2"]})
    values["variants"]["all"] = {"union_of": ["both", "v2_clean"]}

    with pytest.raises(ValidationError, match="'all' is a union of the union 'both'"):
        Experiments.model_validate(values)


def test_a_model_is_evaluated_with_each_variant_that_votes():
    systems = Experiments.model_validate(VALID).systems

    assert {name: (s.model, s.voters, s.is_first) for name, s in systems.items()} == {
        "small": ("small", "v1", True),
        "large": ("large", "v2", True),
        "clean": ("clean", "v2_clean", True),
        "clean-by-v2": ("clean", "v2", False),
    }


def test_rankings_without_labels_are_made_once_for_a_model():
    chosen = Experiments.model_validate(VALID)
    first, second = chosen.systems["clean"], chosen.systems["clean-by-v2"]

    assert set(chosen.segments_of(first)) == {"knn", "sort_insert"}
    assert chosen.segments_of(second) == ("sort_insert",)
    assert chosen.ablations_of(second) == ("knn", "sort_insert")
    assert [chosen.owner(second, name) for name in ("knn", "sort_insert")] == ["clean", "clean-by-v2"]


def test_nobody_votes_for_a_network_taken_as_it_is():
    chosen = Experiments.model_validate(changed("models/plain", {"start": "pretrained"}))

    assert chosen.systems["plain"].voters is None
    assert chosen.ablations_of(chosen.systems["plain"]) == ("knn",)
    assert chosen.network("plain") == "pretrained.model"


def test_a_baseline_by_labels_needs_voters():
    values = changed("models/plain", {"start": "pretrained"}) | {"baseline": "sort_insert"}

    with pytest.raises(
        ValidationError, match="the baseline 'sort_insert' needs voters, but 'plain' has none"
    ):
        Experiments.model_validate(values)


def test_each_model_embeds_the_variants_that_vote_and_that_are_verified_with_it():
    chosen = Experiments.model_validate(VALID)

    assert chosen.embedded == {
        "small": ("v1", "v2", "v2_clean"),
        "large": ("v2",),
        "clean": ("v2_clean", "v2"),
    }
    assert chosen.queried == {}
    assert Experiments.model_validate(changed("variants/rv2_clean/embedded_by", "pretrained")).queried == {
        "pretrained": ("judged",)
    }


def test_settings_of_a_recipe_come_before_the_common_ones():
    chosen = Experiments.model_validate(changed("models/wide", {"trained_on": "v1", "recipe": "wide"}))

    assert chosen.settings("wide", "embedding") == "params:recipes.wide.embedding"
    assert chosen.settings("wide", "training") == "params:training"
    assert chosen.settings("small", "embedding") == "params:embedding"
    assert (chosen.start_of("wide"), chosen.network("wide")) == ("wide.start", "wide.model")
    assert (chosen.start_of("small"), chosen.network("small")) == ("pretrained.model", "small.model")


def test_a_recipe_is_laid_over_the_common_parameters():
    parameters = {
        "experiments": VALID,
        "model": {"dim": 512, "weights": None},
        "embedding": {"scales": [1.0, 2.0], "workers": 2},
        "training": {"epochs": 5},
    }

    assert resolve_recipes(parameters)["recipes"] == {
        "wide": {"model": {"dim": 1024, "weights": None}, "embedding": {"scales": [1.0], "workers": 2}}
    }


def test_distractors_change_the_index_of_a_benchmark_and_not_its_queries():
    more = {"source": "judged", "distractors": ["noisy"]}
    chosen = Experiments.model_validate(changed("benchmarks/more", more))

    assert list(chosen.benchmarks) == ["noisy", "judged", "more"]
    assert chosen.splits == [("noisy", "index"), ("noisy", "query"), ("judged", "index"), ("judged", "query")]
    assert chosen.queries_of("large", "more") == "large.judged.query_embeddings"
    assert chosen.judge("more").release == "Judged"


def test_figures_of_an_audit_are_of_the_first_model_trained_on_the_variant():
    chosen = Experiments.model_validate(VALID)

    assert chosen.system_of("v2") == chosen.systems["large"]
    assert chosen.system_of("rv2_clean") is None
    elsewhere = Experiments.model_validate(changed("models/large/voters", ["v1"]))
    assert elsewhere.system_of("v2") == elsewhere.systems["large"]


@pytest.mark.parametrize("kind", ["sources", "variants", "models", "recipes", "ablations"])
@pytest.mark.parametrize("name", ["v2.clean", "v2 clean", "v2/clean", ""])
def test_a_name_is_a_word(kind: str, name: str):
    values = deepcopy(VALID)
    values[kind][name] = next(iter(VALID[kind].values()))

    with pytest.raises(ValidationError, match="is no name"):
        Experiments.model_validate(values)


def test_what_refers_to_a_removed_entry_is_an_error():
    values = deepcopy(VALID)
    del values["variants"]["v1"]

    with pytest.raises(ValidationError, match="model 'small' refers to an unknown variant 'v1'"):
        Experiments.model_validate(values)


def test_without_ablations_no_baseline_is_needed():
    values = deepcopy(VALID) | {"ablations": {}}

    assert Experiments.model_validate(values).ablations == {}


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("models/large/strat", "small", "models.large.strat"),
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


def test_a_model_was_trained_on_the_variants_of_those_it_starts_from_too():
    chosen = Experiments.model_validate(VALID)
    assert chosen.trained_on("clean") == ("v2_clean", "v1")
    assert chosen.trained_on("small") == ("v1",)
    assert chosen.trained_on("pretrained") == ()
