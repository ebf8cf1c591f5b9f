"""Near-duplicates of every variant that is audited; then, for each audit, effects, tables and the page."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.audits import Audit, Side
from landmark_retrieval.pipelines.audit import nodes


def create_pipeline() -> Pipeline:
    """All audits of the experiments."""
    chosen = experiments.chosen()
    newest = dict.fromkeys(
        side.variant for audit in chosen.audits.values() for side in audit.sides if side.build is None
    )
    found = [_find_near_duplicates(chosen, variant) for variant in newest if chosen.benchmarks]
    audited = [n for name, audit in chosen.audits.items() for n in _audit(chosen, name, audit)]
    return Pipeline([*found, *audited])


def _find_near_duplicates(chosen: Experiments, variant: str) -> Node:
    sources = dict.fromkeys([chosen.source_of(variant), *chosen.benchmarks])
    return node(
        nodes.find_near_duplicates,
        {
            "manifest": f"{variant}.manifest",
            "train": f"{variant}.train_embeddings",
            "settings": "params:near_duplicates",
            "searching": "params:search",
            **{f"{source}.image_hashes": f"{source}.image_hashes" for source in sources},
            **{
                f"{benchmark}.{split}": f"{variant}.{benchmark}.{split}_embeddings"
                for benchmark in chosen.benchmarks
                for split in ("index", "query")
            },
        },
        f"{variant}.near_duplicates",
        name="find_near_duplicates",
        namespace=variant,
    )


def _audit(chosen: Experiments, name: str, audit: Audit) -> list[Node]:
    measured = [_measure(chosen, name, audit)] if _has_effects(chosen, audit) else []
    return [*measured, _compare(chosen, name, audit)]


def _has_effects(chosen: Experiments, audit: Audit) -> bool:
    return audit.effects and bool(chosen.ablations) and bool(chosen.benchmarks)


def _measure(chosen: Experiments, name: str, audit: Audit) -> Node:
    runs = {
        f"{when}.{ablation}.{benchmark}": side.dataset(f"{ablation}.{benchmark}.per_query")
        for when, side in _sides(audit)
        for ablation in chosen.ablations
        for benchmark in chosen.benchmarks
    }
    return node(
        nodes.measure_effects,
        {
            "experiments": "params:experiments",
            "settings": "params:intervals",
            **runs,
            **_overlap(chosen, audit.sides[1], "overlap_pairs"),
            **_names_asked(chosen, audit.sides[1]),
            **{
                f"{when}.{what}": side.dataset(dataset)
                for when, side in _sides(audit)
                if side.build is None
                for what, dataset in (("manifest", "manifest"), ("train", "train_embeddings"))
            },
        },
        f"audits.{name}.effects",
        name="measure_effects",
        namespace=f"audits.{name}",
    )


def _compare(chosen: Experiments, name: str, audit: Audit) -> Node:
    before, after = audit.sides
    sources = dict.fromkeys([*(chosen.source_of(side.variant) for side in audit.sides), *chosen.benchmarks])
    named = [s for s in sources if "landmark_names" in chosen.sources[s].record.tables]
    inputs = {
        "experiments": "params:experiments",
        "settings": "params:audit",
        **{f"{when}.manifest": side.dataset("manifest") for when, side in _sides(audit)},
        **{f"{when}.record": side.dataset("manifest_record") for when, side in _sides(audit)},
        **{f"{source}.raw": f"{source}.raw" for source in sources},
        **{f"{source}.landmark_names": f"{source}.landmark_names" for source in named},
        **{
            f"{benchmark}.{split}_images": f"{benchmark}.{split}_images"
            for benchmark in chosen.benchmarks
            for split in ("index", "query")
        },
        **_drawn(chosen, after),
        **_of_cleaning(chosen, audit),
    }
    if chosen.benchmarks:
        newest = [(when, side) for when, side in _sides(audit) if side.build is None]
        inputs |= {f"{when}.near_duplicates": side.dataset("near_duplicates") for when, side in newest}
    if _has_effects(chosen, audit):
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


def _names_asked(chosen: Experiments, after: Side) -> dict[str, str]:
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
    return {**known, "parent.manifest": parent, "geometry": "params:geometry", "review": "params:review"}


def _of_cleaning(chosen: Experiments, audit: Audit) -> dict[str, str]:
    """Evidence and scores of the newest builds of cleaned variants."""
    inputs = {}
    for when, side in _sides(audit):
        variant = chosen.variants[side.variant]
        if side.build is not None:
            continue
        if variant.cleaned_from is not None:
            inputs[f"{when}.evidence"] = f"{side.variant}.evidence"
        generated = chosen.sources[chosen.source_of(side.variant)].generated
        if when == "after" and generated and (variant.cleaned_from or variant.without_overlap_from):
            inputs["cleaning_quality"] = f"{side.variant}.cleaning_quality"
    return inputs
