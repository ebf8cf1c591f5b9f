import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.origin import (
    Ancestor,
    Input,
    Origin,
    differing_keys,
    find_conflict,
    origin_of,
    origin_path,
    read_origin,
    write_origin,
)

OLD, NEW = Ancestor("aaaa", "2026-01-01T00.00.00.000Z"), Ancestor("bbbb", "2026-01-02T00.00.00.000Z")


def made_from(manifest, name="model", **parameters):
    return Input(name, Ancestor(name, "v"), Origin("made", parameters, {"v2.manifest": manifest}))


def test_what_was_made_from_one_artefact_belongs_together():
    again = Ancestor(OLD.fingerprint, NEW.version)  # made again, with the same content
    assert find_conflict([made_from(OLD), made_from(again, "embeddings")]) is None
    assert (
        find_conflict([made_from(OLD), Input("v2.manifest", again, None), Input("raw", None, None)]) is None
    )
    assert find_conflict([]) is None


@pytest.mark.parametrize("other", [made_from(NEW, "embeddings"), Input("v2.manifest", NEW, None)])
def test_other_content_upstream_is_a_conflict(other):
    conflict = find_conflict([made_from(OLD), other])
    assert conflict.about == "v2.manifest"
    assert str(conflict) == (
        f"v2.manifest is aaaa (of {OLD.version}) for model, and bbbb (of {NEW.version}) for {other.name}"
    )


def test_lists_of_neighbours_may_be_of_other_length_but_not_of_other_embeddings():
    def ranking(name, neighbours, embeddings):
        ancestors = {"v2.gldv2.index_neighbours": neighbours, "v2.gldv2.index_embeddings": embeddings}
        return Input(name, Ancestor(name, "v"), Origin("rerank", {}, ancestors))

    longer = [ranking("v2.diffusion", OLD, OLD), ranking("v2.gnn", NEW, OLD)]
    assert find_conflict(longer) is None
    assert find_conflict([*longer, ranking("v2.dba", OLD, NEW)]).about == "v2.gldv2.index_embeddings"


def test_siblings_of_other_parameters_are_a_conflict():
    small, large = {"max_side": 256, "workers": 2}, {"max_side": 512, "workers": 4}
    siblings = [
        made_from(OLD, name, embedding=value)
        for name, value in (("query_embeddings", small), ("m.embeddings", large))
    ]
    assert str(find_conflict(siblings)) == (
        "embedding.max_side is 256 for query_embeddings, and 512 for m.embeddings"
    )
    alike = [
        made_from(OLD, "embeddings", embedding=small),
        made_from(OLD, "x.embeddings", embedding={**small, "workers": 9}),
    ]
    assert find_conflict(alike) is None
    assert (
        find_conflict([made_from(OLD, "evidence", cleaning=1), made_from(OLD, "manifest", cleaning=2)])
        is None
    )


def test_parameters_further_upstream_may_differ():
    trained = Origin("train", {"embedding": {"max_side": 256}}, {})
    model = Input("model", OLD, trained)
    embedded = origin_of("embed", {"embedding": {"max_side": 512}}, [model])
    assert find_conflict([model, Input("index", NEW, origin_of("embed", {}, [model]))]) is None
    assert embedded.all_parameters == {"embedding": [{"max_side": 256}, {"max_side": 512}]}


def test_everything_upstream_is_told():
    manifest = Input("v2.manifest", OLD, Origin("clean", {"cleaning": 9}, {"images": NEW}))
    origin = origin_of("train", {"lr": 0.1}, [manifest, Input("raw", None, None)])
    assert origin == Origin("train", {"lr": 0.1}, {"images": NEW, "v2.manifest": OLD}, {"cleaning": [9]})


def test_keys_that_differ():
    assert differing_keys({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}, "d": [1]}) == [
        (("a", "c"), 2, None),
        (("d",), None, [1]),
    ]
    assert differing_keys(1, 1.0) == []


def test_what_is_written_is_read(tmp_path):
    artefact = tmp_path / "version" / "table.parquet"
    assert read_origin(artefact) is None
    origin = origin_of("train", {"lr": 0.1}, [made_from(OLD, cleaning={"n": [1]})])
    write_origin(artefact, origin)
    assert read_origin(artefact) == origin


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"node": 1, "ancestors": {"a": {}}}', '{"ancestors": {}}'])
def test_a_broken_record_is_an_error(tmp_path, text):
    origin_path(tmp_path / "table").write_text(text)
    with pytest.raises(DataError, match="is no record of an origin"):
        read_origin(tmp_path / "table")
