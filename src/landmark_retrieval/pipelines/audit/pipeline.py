"""Near-duplicates of every variant that is audited; then, for each audit, effects, tables and the page."""

from collections.abc import Iterable

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.audits import Audit, Side
from landmark_retrieval.experiments.models import System
from landmark_retrieval.pipelines.audit import nodes


def create_pipeline() -> Pipeline:
    """All audits of the experiments."""
    chosen = experiments.chosen()
    newest = dict.fromkeys(
        side.variant for audit in chosen.audits.values() for side in audit.sides if side.build is None
    )
    found = [n for variant in newest for n in _find_near_duplicates(chosen, variant)]
    audited = [n for name, audit in chosen.audits.items() for n in _audit(chosen, name, audit)]
    return Pipeline([*found, *audited])


def _benchmarks(chosen: Experiments) -> list[str]:
    """Benchmarks without distractors, which are sources."""
    return [name for name, benchmark in chosen.benchmarks.items() if not benchmark.distractors]


def _pictured(chosen: Experiments, names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if chosen.sources[name].record.has_pictures]


def _near_duplicates_of(chosen: Experiments, variant: str) -> tuple[System, list[str]] | None:
    """By whose embeddings and in which benchmarks near-duplicates of a variant are found, if they are."""
    system, benchmarks = chosen.system_of(variant), _pictured(chosen, _benchmarks(chosen))
    own = chosen.sources_of(variant)
    return (system, benchmarks) if system and benchmarks and len(_pictured(chosen, own)) == len(own) else None


def _find_near_duplicates(chosen: Experiments, variant: str) -> list[Node]:
    found_in = _near_duplicates_of(chosen, variant)
    if found_in is None:
        return []
    system, benchmarks = found_in
    sources = dict.fromkeys([*chosen.sources_of(variant), *benchmarks])
    found = node(
        nodes.find_near_duplicates,
        {
            "manifest": f"{variant}.manifest",
            "train": f"{system.model}.{variant}.train_embeddings",
            "settings": "params:near_duplicates",
            "searching": "params:search",
            **{f"{source}.image_hashes": f"{source}.image_hashes" for source in sources},
            **{
                f"{benchmark}.{split}": f"{system.model}.{benchmark}.{split}_embeddings"
                for benchmark in benchmarks
                for split in ("index", "query")
            },
        },
        f"{variant}.near_duplicates",
        name="find_near_duplicates",
        namespace=variant,
    )
    return [found]


def _audit(chosen: Experiments, name: str, audit: Audit) -> list[Node]:
    systems = _systems(chosen, audit)
    measured = [] if systems is None else [_measure(chosen, name, audit, systems)]
    return [*measured, _compare(chosen, name, audit)]


def _systems(chosen: Experiments, audit: Audit) -> tuple[System, System] | None:
    """Whose figures are compared, if any are."""
    if not audit.effects or not chosen.ablations or not _benchmarks(chosen):
        return None
    found = [chosen.system_of(side.variant) for side in audit.sides]
    before, after = [chosen.systems[name] for name in audit.systems] or found
    return None if before is None or after is None else (before, after)


def _measure(chosen: Experiments, name: str, audit: Audit, systems: tuple[System, System]) -> Node:
    pairs = list(zip(_sides(audit), systems, strict=True))
    common = [a for a in chosen.ablations_of(systems[0]) if a in chosen.ablations_of(systems[1])]
    runs = {
        f"{when}.{ablation}.{benchmark}": side.built(
            f"{chosen.owner(system, ablation)}.{ablation}.{benchmark}.per_query"
        )
        for (when, side), system in pairs
        for ablation in common
        for benchmark in _benchmarks(chosen)
    }
    return node(
        nodes.measure_effects,
        {
            "experiments": "params:experiments",
            "settings": "params:intervals",
            **runs,
            # beside the manifests, figures that were made from others are refused
            **{f"{when}.manifest": side.dataset("manifest") for when, side in _sides(audit)},
            **_overlap(chosen, audit.sides[1], "overlap_pairs"),
            **_query_names(chosen, audit.sides[1]),
        },
        f"audits.{name}.effects",
        name="measure_effects",
        namespace=f"audits.{name}",
    )


def _compare(chosen: Experiments, name: str, audit: Audit) -> Node:
    before, after = audit.sides
    own = [source for side in audit.sides for source in chosen.sources_of(side.variant)]
    sources, benchmarks = dict.fromkeys([*own, *_benchmarks(chosen)]), _benchmarks(chosen)
    numbered_by = chosen.source_of(after.variant)  # each source numbers its landmarks itself
    named = "landmark_names" in chosen.sources[numbered_by].record.tables
    inputs = {
        "experiments": "params:experiments",
        "settings": "params:audit",
        "geometry": "params:geometry",
        "review": "params:review",
        "wanted": "params:false_verifications",
        **{f"{when}.manifest": side.dataset("manifest") for when, side in _sides(audit)},
        **{f"{when}.record": side.dataset("manifest_record") for when, side in _sides(audit)},
        **{f"{source}.raw": f"{source}.raw" for source in sources},
        **({"landmark_names": f"{numbered_by}.landmark_names"} if named else {}),
        **{
            f"{benchmark}.{split}_images": f"{benchmark}.{split}_images"
            for benchmark in benchmarks
            for split in ("index", "query")
        },
        **_of_cleaning(chosen, audit),
        **_beside_chance(chosen, audit),
    }
    if audit.effects:
        inputs |= _drawn(chosen, after)
        for when, side in _sides(audit):
            if side.build is None and _near_duplicates_of(chosen, side.variant) is not None:
                inputs[f"{when}.near_duplicates"] = side.dataset("near_duplicates")
    if _systems(chosen, audit) is not None:
        inputs["effects"] = f"audits.{name}.effects"
    return node(
        nodes.compare(str(before), str(after)),
        inputs,
        {what: f"audits.{name}.{what}" for what in ("images", "landmarks", "reasons", "page")},
        name="compare",
        namespace=f"audits.{name}",
    )


def _sides(audit: Audit) -> list[tuple[str, Side]]:
    return list(zip(("before", "after"), audit.sides, strict=True))


def _overlap(chosen: Experiments, after: Side, *kinds: str) -> dict[str, str]:
    """What is known of the overlap that the newest build of a variant was rid of, and what was decided."""
    variant = chosen.variants[after.variant]
    if after.build is not None or variant.without_overlap_from is None:
        return {}
    of_benchmarks = {f"{b}.{kind}": f"{after.variant}.{b}.{kind}" for b in variant.against for kind in kinds}
    decided = {what: f"{after.variant}.overlap_{what}" for what in ("decisions", "candidates")}
    return {**of_benchmarks, **decided}


def _query_names(chosen: Experiments, after: Side) -> dict[str, str]:
    known = _overlap(chosen, after, "overlap_pairs")
    return {
        f"{b}.query_names": f"{b}.query_names"
        for b in chosen.variants[after.variant].against
        if f"{b}.overlap_pairs" in known
    }


def _drawn(chosen: Experiments, after: Side) -> dict[str, str]:
    """What the drawings behind these decisions are made from."""
    known = _overlap(chosen, after, "overlap_pairs", "overlap_evidence")
    if not known:
        return {}
    parent = f"{chosen.variants[after.variant].without_overlap_from}.manifest"
    return {**known, "parent.manifest": parent}


def _beside_chance(chosen: Experiments, audit: Audit) -> dict[str, str]:
    """The newest evidence of the second side beside pairs of different landmarks."""
    after, kinds = audit.sides[1], ("different_evidence", "false_verifications")
    variant = chosen.variants[after.variant]
    if after.build is not None:
        return {}
    if variant.cleaned_from is not None:
        return {f"{after.variant}.{kind}": f"{after.variant}.{kind}" for kind in kinds}
    if variant.without_overlap_from is not None and audit.effects:
        return {f"{b}.{kind}": f"{after.variant}.{b}.{kind}" for b in variant.against for kind in kinds}
    return {}


def _of_cleaning(chosen: Experiments, audit: Audit) -> dict[str, str]:
    """Evidence and scores of the newest builds of cleaned variants."""
    inputs = {}
    for when, side in _sides(audit):
        variant = chosen.variants[side.variant]
        if side.build is not None:
            continue
        if variant.cleaned_from is not None:
            inputs[f"{when}.evidence"] = f"{side.variant}.evidence"
        generated, noisy = chosen.is_generated(side.variant), chosen.noise_of(side.variant) is not None
        scored = generated or noisy if variant.cleaned_from else generated and variant.without_overlap_from
        if when == "after" and scored and audit.effects:
            inputs["cleaning_quality"] = f"{side.variant}.cleaning_quality"
    return inputs
