import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.overlap.landmark_names import (
    NameIndex,
    match_names,
    normalise_name,
    word_matches,
)

# Wikimedia's names of what Oxford 5k and Paris 6k show, and of what is only called alike.
REAL = (
    "Hôtel des Invalides",
    "Les Invalides (Paris)",
    "Tour Eiffel",
    "Eiffel Tower, Paris",
    "Musée d'Orsay",
    "Sacré-Cœur (Paris)",
    "Notre-Dame de Paris",
    "Moulin Rouge (Paris)",
    "Arc de Triomphe de l'Étoile",
    "Centre Georges Pompidou",
    "Panthéon (Paris)",
    "Grande Arche de la Défense",
    "Musée du Louvre",
    "All Souls' College, Oxford",
    "Ashmolean Museum",
    "Christ Church, Oxford",
    "Radcliffe Camera",
    "Magdalen Bridge",
)
FALSE_FRIENDS = ("Paris", "Oxford", "Church", "Tower", "Paris Church", "College, Oxford", "Musée de Paris")
RPARIS = [
    *("paris defense", "paris eiffel", "paris invalides", "paris louvre", "paris moulinrouge"),
    *("paris museedorsay", "paris notredame", "paris pantheon", "paris pompidou", "paris sacrecoeur"),
    "paris triomphe",
]
ROXFORD = [
    *("all souls", "ashmolean", "balliol", "bodleian", "christ church", "cornmarket", "hertford", "keble"),
    *("magdalen", "pitt rivers", "radcliffe camera"),
]
MAX_NAMESAKES = 5


def names_of(names):
    return pd.DataFrame({"landmark_id": np.arange(len(names)), "name": pd.array(names, dtype="str")})


def training_names(n=600):
    """Invented names among which church, tower and Paris are common, and the real ones."""
    rng = np.random.default_rng(0)
    syllables = ["ba", "kor", "ri", "ten", "mul", "sel", "vo", "qui", "nor", "las", "pe", "gan"]
    made = ["".join(rng.choice(syllables, 4)) for _ in range(n)]
    generic = ["church", "tower", "musée", "college oxford", "de paris", "notre dame", "christ", "arc de"]
    return names_of(
        [f"{name} {generic[i % len(generic)]}" for i, name in enumerate(made)] + [*REAL, *FALSE_FRIENDS]
    )


NAMES = training_names()


def matched(names, evaluation, min_similarity=80, max_namesakes=MAX_NAMESAKES):
    evaluation = {"any": evaluation} if isinstance(evaluation, list) else evaluation
    tables = {benchmark: pd.DataFrame({"name": of}, dtype="str") for benchmark, of in evaluation.items()}
    return match_names(names, tables, min_similarity, max_namesakes)


def pairs_of(table, names=NAMES):
    name_of = names.set_index("landmark_id")["name"]
    return {(name_of[row.landmark_id], row.evaluation_name) for row in table.itertuples()}


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Hôtel_des_Invalides, Paris", "hotel des invalides paris"),
        ("All Souls' College (Oxford)", "all souls college oxford"),
        ("  Straße  7 ", "strasse 7"),
        ("Sacré-Cœur", "sacre coeur"),
        ("Łódź Ærø İstanbul", "lodz aero istanbul"),
        ("故宫 (北京)", "故宫 北京"),
        ("…", ""),
    ],
)
def test_normalised_names(name, plain):
    assert normalise_name(name) == plain
    assert normalise_name(plain) == plain


def test_names_of_the_benchmarks_find_what_they_show():
    found = pairs_of(matched(NAMES, {"roxford5k": ROXFORD, "rparis6k": RPARIS}))
    assert found == {
        ("Hôtel des Invalides", "paris invalides"),
        ("Les Invalides (Paris)", "paris invalides"),
        ("Tour Eiffel", "paris eiffel"),
        ("Eiffel Tower, Paris", "paris eiffel"),
        ("Musée d'Orsay", "paris museedorsay"),
        ("Sacré-Cœur (Paris)", "paris sacrecoeur"),
        ("Notre-Dame de Paris", "paris notredame"),
        ("Moulin Rouge (Paris)", "paris moulinrouge"),
        ("Arc de Triomphe de l'Étoile", "paris triomphe"),
        ("Centre Georges Pompidou", "paris pompidou"),
        ("Panthéon (Paris)", "paris pantheon"),
        ("Grande Arche de la Défense", "paris defense"),
        ("Musée du Louvre", "paris louvre"),
        ("All Souls' College, Oxford", "all souls"),
        ("Ashmolean Museum", "ashmolean"),
        ("Christ Church, Oxford", "christ church"),
        ("Radcliffe Camera", "radcliffe camera"),
        ("Magdalen Bridge", "magdalen"),
    }


@pytest.mark.parametrize("evaluation", ["church", "Paris", "oxford church", "tower of the church"])
def test_common_words_make_no_names_alike(evaluation):
    false = {(name, evaluation) for name in FALSE_FRIENDS}
    assert not pairs_of(matched(NAMES, [evaluation])) & false
    assert pairs_of(matched(NAMES, [evaluation], max_namesakes=len(NAMES))) & false


def test_more_namesakes_than_allowed_say_nothing():
    names = names_of(["Saint Corin Church", "Corin Mill", "Corin Castle", *(f"Keep {i}x" for i in range(30))])
    assert len(matched(names, ["corin"], max_namesakes=3)) == 3
    assert matched(names, ["corin"], max_namesakes=2).empty
    assert pairs_of(matched(names, ["corin mill"], max_namesakes=1), names) == {("Corin Mill", "corin mill")}


def test_either_name_may_be_the_longer_one():
    names = names_of(["Quinelmar Rotunda", "Old Rotunda of Sal", *(f"Rotunda {i}a" for i in range(30))])
    long = matched(names, ["Great Quinelmar Rotunda at the river, evening"])
    assert pairs_of(long, names) == {("Quinelmar Rotunda", "Great Quinelmar Rotunda at the river, evening")}
    assert long["name_similarity"].tolist() == [100]


def test_words_of_the_whole_evaluation_set_do_not_count():
    names = names_of(["Corin Gate", "Sal Mill", *(f"Keep {i}x" for i in range(30))])
    assert matched(names, ["rworld corin"]).empty
    found = pairs_of(matched(names, ["rworld corin", "rworld mill", "rworld quin"]), names)
    assert found == {("Corin Gate", "rworld corin"), ("Sal Mill", "rworld mill")}


def test_words_of_the_whole_evaluation_set_count_where_there_are_no_others():
    names = names_of(["Corin Gate", *(f"Keep {i}x" for i in range(30))])
    assert pairs_of(matched(names, ["corin", "corin mill"]), names) == {("Corin Gate", "corin")}


def test_short_words_weigh_nothing():
    names = names_of(["Mill de Corin", *(f"Mill {i}x" for i in range(30))])
    assert matched(names, ["great corin mill evening"])["name_similarity"].tolist() == [100]


def test_misspelt_words_are_found_and_cost():
    found = matched(NAMES, ["radclife camera"])
    assert pairs_of(found) == {("Radcliffe Camera", "radclife camera")}
    assert 90 < found["name_similarity"][0] < 100


def test_similarity_by_hand():
    """Three of 7 names contain "mill", one "corin": weights log(8/4)² and log(8/2)², that is 1 : 4."""
    names = names_of(["Corin Gate", "Mill", "Old Mill", "Mill Road", "Keep", "Bridge", "Harbour"])
    table = matched(names, ["corin mill"], min_similarity=1, max_namesakes=1)
    assert table[["landmark_id", "name_similarity"]].to_numpy().tolist() == [[0, 80]]


def naive_matches(ours, theirs):
    """Every row of up to three words on one side against every word on the other."""
    from rapidfuzz import fuzz

    best = [0.0] * len(ours)
    for i in range(len(ours)):
        for j in range(len(theirs)):
            for k in (1, 2, 3):
                one_of_ours = fuzz.ratio(ours[i], "".join(theirs[j : j + k]))
                one_of_theirs = fuzz.ratio("".join(ours[i : i + k]), theirs[j])
                if one_of_ours >= 85 and j + k <= len(theirs):
                    best[i] = max(best[i], one_of_ours)
                if one_of_theirs >= 85 and i + k <= len(ours):
                    best[i : i + k] = [max(b, one_of_theirs) for b in best[i : i + k]]
    return best


def test_words_are_compared_as_by_a_naive_loop():
    index = NameIndex.of(NAMES.iloc[540:])
    for name in (*RPARIS, *ROXFORD, "musee d orsay", "sacre coeur", "moulin rouges"):
        words = name.split()
        found = index.matches(words)
        for row, theirs in enumerate(index.names):
            expected = naive_matches(words, theirs)
            np.testing.assert_allclose(found[:, row], expected, rtol=1e-6)
            assert word_matches(words, theirs) == pytest.approx(expected)


def test_words_written_as_one():
    assert word_matches(["museedorsay"], ["musee", "d", "orsay"]) == [100]
    assert word_matches(["musee", "d", "orsay", "paris"], ["museedorsay"]) == [100, 100, 100, 0]
    assert word_matches(["old", "town", "hall"], ["old", "town", "wall"]) == [100, 100, 0]


def test_order_of_names_changes_nothing():
    forth = matched(NAMES, {"a": RPARIS, "b": ROXFORD})
    back = matched(NAMES.iloc[::-1], {"b": ROXFORD[::-1], "a": [*RPARIS[::-1], "paris eiffel"]})
    pd.testing.assert_frame_equal(forth, back)


def test_the_most_similar_name_counts():
    for evaluation in (["radcliffe camera", "sadcliffe"], ["radcliffe camera", "badcliffe"]):
        assert matched(NAMES, evaluation)["evaluation_name"].tolist() == ["radcliffe camera"]


def test_each_benchmark_has_its_own_best_name():
    table = matched(NAMES, {"b": ["Radcliffe Camera"], "a": ["radcliffe camera oxford", "radclife"]})
    assert table["benchmark"].tolist() == ["a", "b"]
    assert table["evaluation_name"].tolist() == ["radcliffe camera oxford", "Radcliffe Camera"]


@pytest.mark.parametrize("evaluation", [[], ["…"], ["de la"], ["zzyzx"], ["7"]])
def test_no_name_like_any(evaluation):
    table = matched(NAMES, evaluation)
    assert table.empty
    assert table.dtypes.astype(str).tolist() == ["str", "int64", "str", "float64"]


def test_an_empty_name_is_like_no_other():
    assert matched(names_of(["…", "de la"]), ["…", "pantheon", "de la"]).empty
    assert matched(names_of([]), ["pantheon"]).empty
    assert matched(NAMES, {}).empty
