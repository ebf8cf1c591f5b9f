"""Training landmarks with a name similar to one of the evaluation set."""

from __future__ import annotations

import logging
import math
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.tables import NameMatches, table_of

logger = logging.getLogger(__name__)

WORD_SIMILARITY = 85.0
"""Per cent from which two words count as the same (radcliffe, radclife)."""

LONGEST_JOIN = 3
"""Largest number of consecutive words that may be written as one (museedorsay, musée d'orsay)."""

MIN_LETTERS = 3
"""Shorter Latin words (de, of, la) are ignored by themselves."""

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def normalise_name(name: str) -> str:
    """Lower case words without accents, ligatures or punctuation."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(c for c in letters if not unicodedata.combining(c)).translate(_LETTERS)
    return " ".join(re.findall(r"[^\W_]+", plain))


def match_names(
    names: pd.DataFrame, evaluation: Mapping[str, pd.DataFrame], min_similarity: float, max_namesakes: int
) -> pd.DataFrame:
    """Training landmarks with a name similar to one that an evaluation set shows.

    Two names are as similar as the words of one are found in the other, in the direction that gives more;
    a word weighs as much as the square of its inverse document frequency among the training names, as in the
    cosine of tf-idf vectors, and less the more names of its evaluation set contain it ("paris" in each of
    RParis has no weight). Misspelt words and words written as one are found. What two names have in common
    counts only if at most `max_namesakes` training names have it in common with the evaluation name: neither
    "church" nor "paris" makes two names alike.

    Args:
        names: `tables.LandmarkNames` of the training landmarks in question.
        evaluation: for each benchmark a table with the column `name`, of the landmarks its queries show.
        min_similarity: per cent from which names are alike.
        max_namesakes: see above.

    Returns:
        `tables.NameMatches`: for each benchmark and landmark the best evaluation name.
    """
    started = time.perf_counter()
    index = NameIndex.of(names)
    best = {b: _best_names(index, evaluation[b]["name"], max_namesakes) for b in sorted(evaluation)}
    found = [
        (benchmark, int(index.landmark_ids[row]), name, similarity)
        for benchmark, of_rows in best.items()
        for row, (name, similarity) in sorted(of_rows.items())
        if similarity >= min_similarity
    ]
    seconds = time.perf_counter() - started
    logger.info("compared %d names in %.1f s (%.0f names/s)", len(index), seconds, len(index) / seconds)
    return table_of(NameMatches, found)


def word_matches(ours: Sequence[str], theirs: Sequence[str]) -> list[float]:
    """How well each of our words is found among theirs, in per cent; 0 below `WORD_SIMILARITY`.

    A word is compared with each of theirs and with rows of theirs written as one; several of our words
    written as one are compared with each of theirs.
    """
    best = [0.0] * len(ours)
    for start, stop in _spans(len(ours)):
        term = "".join(ours[start:stop])
        others = [*theirs, *_joined(theirs)] if stop - start == 1 else list(theirs)
        ratio = float(_ratios(term, others).max(initial=0.0))
        for word in range(start, stop):
            best[word] = max(best[word], ratio)
    return best


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Training names by their words.

    Attributes:
        landmark_ids: `(n,)` int64, ascending.
        names: the normalised words of each.
    """

    landmark_ids: NDArray[np.int64]
    names: list[list[str]]
    _words: _Postings
    _joined: _Postings
    _frequency: Counter[str]

    @classmethod
    def of(cls, names: pd.DataFrame) -> NameIndex:
        """Index a table of `tables.LandmarkNames`."""
        table = names.sort_values("landmark_id")
        words = [normalise_name(name).split() for name in table["name"]]
        return cls(
            table["landmark_id"].to_numpy(np.int64),
            words,
            _Postings.of(words),
            _Postings.of([_joined(name) for name in words]),
            Counter(word for name in words for word in set(name)),
        )

    def __len__(self) -> int:
        return len(self.names)

    def matches(self, words: Sequence[str]) -> NDArray[np.float32]:
        """How well each word is found in each training name, `(n_words, n)` float32 per cent."""
        best = np.zeros((len(words), len(self)), dtype=np.float32)
        for start, stop in _spans(len(words)):
            term = "".join(words[start:stop])
            for postings in (self._words, self._joined)[: 2 if stop - start == 1 else 1]:
                for rows, ratio in postings.alike(term):
                    best[start:stop, rows] = np.maximum(best[start:stop, rows], ratio)
        return best

    def weights(self, frequencies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Squared inverse document frequencies of words that occur in so many training names."""
        return np.log((len(self) + 1) / (frequencies + 1)) ** 2

    def coverage(self, row: int, words: Sequence[str]) -> float:
        """Share of the weight of a training name's words that is found among `words`, 0 to 1."""
        own = self.names[row]
        weights = self.weights(np.array([self._frequency[word] for word in own])) * _telling(own)
        return _share(weights, np.array(word_matches(own, words)))


@dataclass(frozen=True, eq=False)
class _Postings:
    """Rows that contain each term: `rows[starts[i]:starts[i + 1]]` for `terms[i]`."""

    terms: NDArray[np.object_]
    lengths: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, terms: Sequence[Sequence[str]]) -> _Postings:
        flat = np.array([term for row in terms for term in row], dtype=object)
        codes, unique = pd.factorize(flat)
        rows = np.repeat(np.arange(len(terms)), [len(row) for row in terms])
        starts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(unique)))])
        lengths = np.array([len(term) for term in unique], dtype=np.int64)
        return cls(unique, lengths, starts, rows[np.argsort(codes, kind="stable")])

    def alike(self, term: str) -> Iterator[tuple[NDArray[np.int64], float]]:
        """Rows of each term that is one with `term`, and how alike the two are."""
        common = np.minimum(self.lengths, len(term))
        near = np.flatnonzero(200 * common >= WORD_SIMILARITY * (self.lengths + len(term)))
        ratios = _ratios(term, self.terms[near])
        for hit in np.flatnonzero(ratios):
            code = near[hit]
            yield self.rows[self.starts[code] : self.starts[code + 1]], float(ratios[hit])


def _best_names(
    index: NameIndex, evaluation_names: Iterable[str], max_namesakes: int
) -> dict[int, tuple[str, float]]:
    """For each row of the index that shares telling words with an evaluation name, the most similar one."""
    names = sorted(set(evaluation_names), reverse=True)
    wanted = {tuple(normalise_name(name).split()): name for name in names}
    containing = Counter(word for words in wanted for word in set(words))
    best: dict[int, tuple[str, float]] = {}
    for words, name in tqdm(sorted(wanted.items()), "names", unit="name"):
        spread = np.array([_spread(containing[word], len(wanted)) for word in words])
        for row, similarity in _similarities(index, words, spread, max_namesakes):
            if similarity > best.get(row, ("", 0.0))[1]:
                best[row] = name, similarity
    return best


def _spread(containing: int, n_names: int) -> float:
    """1 for a word of one evaluation name, 0 for a word of all."""
    return 1 - math.log(containing) / math.log(n_names) if n_names > 1 else 1.0


def _similarities(
    index: NameIndex, words: tuple[str, ...], spread: NDArray[np.float64], max_namesakes: int
) -> Iterator[tuple[int, float]]:
    """Rows that share telling words with an evaluation name, and how alike the names are, in per cent."""
    telling = _telling(words)
    if not telling.any():
        return
    found = index.matches(words)
    weights = index.weights(np.count_nonzero(found, axis=1)) * telling
    weights = weights * spread if (weights * spread).any() else weights
    rows = np.flatnonzero(found[telling].any(axis=0))
    rows = rows[_namesakes(found[telling][:, rows]) <= max_namesakes]
    for row in rows.tolist():
        forth, back = _share(weights, found[:, row]), index.coverage(row, words)
        yield row, round(100 * max(forth, back), 2)


def _namesakes(found: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each column, how many columns are at least as large in every row, itself included."""
    distinct, column_of, sizes = np.unique(found, axis=1, return_inverse=True, return_counts=True)
    as_large = [sizes[(distinct >= column[:, None]).all(axis=0)].sum() for column in distinct.T]
    return np.array(as_large, dtype=np.int64)[column_of.ravel()]


def _telling(words: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([len(word) >= MIN_LETTERS or not word.isascii() for word in words], dtype=bool)


def _share(weights: NDArray[np.float64], found: NDArray[np.float32]) -> float:
    total = float(weights.sum())
    return float(weights @ found) / (100 * total) if total else 0.0


def _spans(n_words: int) -> list[tuple[int, int]]:
    lengths = range(1, LONGEST_JOIN + 1)
    return [(start, start + k) for k in lengths for start in range(n_words - k + 1)]


def _joined(words: Sequence[str]) -> list[str]:
    return ["".join(words[start:stop]) for start, stop in _spans(len(words)) if stop - start > 1]


def _ratios(term: str, others: Sequence[str] | NDArray[np.object_]) -> NDArray[np.float32]:
    from rapidfuzz import fuzz, process

    if not len(others):
        return np.zeros(0, dtype=np.float32)
    scored = process.cdist([term], others, scorer=fuzz.ratio, score_cutoff=WORD_SIMILARITY, dtype=np.float32)
    return np.asarray(scored[0], dtype=np.float32)
