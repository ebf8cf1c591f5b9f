"""Verdict files: JSON that reviewers save from the review sheet."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.verdicts import VERDICTS
from landmark_retrieval.tables import Verdicts, table_of

FORMAT = "landmark-retrieval verdicts 1"

MAX_FILE = 8 << 20
MAX_REVIEWER = 80
MAX_NOTE = 2000
_MAX_SHEET = 200
_FILE_KEYS = ("format", "variant", "sheet", "reviewer", "saved", "verdicts")
_VERDICT_KEYS = ("landmark_id", "verdict", "note")


def read_verdicts(texts: Mapping[str, str], variant: str, known: Collection[int]) -> pd.DataFrame:
    """Verdicts of all reviewers on the landmarks of one variant.

    Args:
        texts: content of each file, by its name.
        variant: the one the verdicts must be on.
        known: landmarks of the manifest that landmarks are removed from.

    Returns:
        `tables.Verdicts` by landmark, then by reviewer, whatever the order of files and entries. Empty if
        there are no files.

    Raises:
        DataError: a file is not JSON of this format, is for another variant, or too large; a key is unknown,
            missing, repeated, or has a value of the wrong type or too long; a verdict or a landmark is
            unknown; somebody votes on one landmark twice, in one file or in two.
    """
    landmarks = set(known)
    rows = [row for file in sorted(texts) for row in _rows(file, texts[file], variant, landmarks)]
    first: dict[tuple[str, int], str] = {}
    for reviewer, landmark, _, _, file in rows:
        earlier = first.setdefault((_person(reviewer), landmark), file)
        if earlier != file:
            raise DataError(f"{file}: {reviewer!r} has judged landmark {landmark} in {earlier} already")
    return table_of(Verdicts, rows).sort_values(["landmark_id", "reviewer"], ignore_index=True)


def _rows(
    file: str, text: str, variant: str, landmarks: Collection[int]
) -> list[tuple[str, int, str, str, str]]:
    content = _checked_file(file, _parsed(file, text), variant)
    reviewer = _name(content)
    rows: dict[int, tuple[str, int, str, str, str]] = {}
    for i, entry in enumerate(content["verdicts"]):
        landmark, verdict, note = _checked_verdict(f"{file}: verdicts[{i}]", entry, landmarks)
        if landmark in rows:
            raise DataError(f"{file}: verdicts[{i}]: landmark {landmark} is in this file already")
        rows[landmark] = reviewer, landmark, verdict, note, file
    return list(rows.values())


def _parsed(file: str, text: str) -> Any:
    if len(text) > MAX_FILE:
        raise DataError(f"{file}: expected at most {MAX_FILE} characters, found {len(text)}")
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except DataError as error:
        raise DataError(f"{file}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: expected JSON ({error})") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise DataError(f"key {next(name for name in names if names.count(name) > 1)!r} is repeated")
    return found


def _checked_file(file: str, content: Any, variant: str) -> dict[str, Any]:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else content
        raise DataError(f"{file}: expected the format {FORMAT!r}, found {_shortened(found)}")
    _check_keys(file, content, _FILE_KEYS)
    if content["variant"] != variant:
        found = _shortened(content["variant"])
        raise DataError(f"{file}: expected verdicts on variant {variant!r}, found {found}")
    _check_text(file, content, "sheet", _MAX_SHEET)
    _check_text(file, content, "reviewer", MAX_REVIEWER)
    if not _name(content):
        raise DataError(f"{file}: expected the name of a reviewer, found {content['reviewer']!r}")
    found = content["reviewer"]
    unfit = [c for c in found if c in ";:()" or unicodedata.category(c) in ("Cc", "Cf")]
    if unfit:
        raise DataError(f"{file}: expected a reviewer's name without {unfit[0]!r}, found {found!r}")
    _check_time(file, content["saved"])
    if not isinstance(content["verdicts"], list):
        raise DataError(f"{file}: expected a list of verdicts, found {_shortened(content['verdicts'])}")
    return content


def _checked_verdict(where: str, entry: Any, landmarks: Collection[int]) -> tuple[int, str, str]:
    if not isinstance(entry, dict):
        raise DataError(f"{where}: expected {', '.join(_VERDICT_KEYS)}, found {_shortened(entry)}")
    _check_keys(where, entry, _VERDICT_KEYS)
    landmark, verdict = entry["landmark_id"], entry["verdict"]
    if type(landmark) is not int or landmark not in landmarks:
        raise DataError(f"{where}: expected a landmark_id of the manifest, found {_shortened(landmark)}")
    if verdict not in VERDICTS:
        raise DataError(f"{where}: expected verdict {' or '.join(VERDICTS)}, found {_shortened(verdict)}")
    _check_text(where, entry, "note", MAX_NOTE)
    return landmark, verdict, entry["note"]


def _check_keys(where: str, content: dict[str, Any], expected: tuple[str, ...]) -> None:
    if set(content) != set(expected):
        odd = sorted(set(content) ^ set(expected))[0]
        what = f"no key {odd!r}" if odd in expected else f"unknown key {_shortened(odd)}"
        raise DataError(f"{where}: {what}, expected {', '.join(expected)}")


def _check_text(where: str, content: dict[str, Any], key: str, longest: int) -> None:
    value = content[key]
    if not isinstance(value, str):
        raise DataError(f"{where}: expected text as {key}, found {_shortened(value)}")
    if len(value) > longest:
        raise DataError(f"{where}: expected a {key} of at most {longest} characters, found {len(value)}")
    if any(unicodedata.category(c) in ("Cc", "Cs") and not c.isspace() for c in value):
        raise DataError(f"{where}: expected text as {key}, found control characters in {_shortened(value)}")


def _check_time(file: str, saved: Any) -> None:
    try:
        datetime.fromisoformat(saved)
    except (TypeError, ValueError) as error:
        raise DataError(f"{file}: expected an ISO time as saved, found {_shortened(saved)}") from error


def _name(content: dict[str, Any]) -> str:
    return " ".join(content["reviewer"].split())


def _person(reviewer: str) -> str:
    """One key for all spellings of a name that differ in case or in how Unicode composes it."""
    return unicodedata.normalize("NFKC", reviewer).casefold()


def _shortened(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 80 else f"{text[:80]}…"
