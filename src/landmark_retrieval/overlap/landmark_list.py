"""Lists of landmarks, such as a published list of overlapping ones."""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable, Mapping

from landmark_retrieval.errors import DataError

HEADER = "landmark_id"
MAX_FOUND = 80


def read_landmark_list(text: str, name: str = "landmark list") -> dict[int, str]:
    """Landmarks of a list, with its note on each (possibly empty).

    A landmark per line, or CSV whose first field is the landmark and whose other fields are a note; a first
    line that begins with `landmark_id` is its header. Empty lines, and what follows a `#`, are ignored.

    Raises:
        DataError: a line does not begin with a whole number, or a landmark is repeated; the list and the
            line are named.
    """
    notes: dict[int, str] = {}
    line_of: dict[int, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        fields = [field.strip() for field in next(csv.reader([line.partition("#")[0]]), [])]
        if not any(fields) or (not notes and fields[0] == HEADER):
            continue
        if re.fullmatch("[0-9]{1,18}", fields[0]) is None:
            found = repr(fields[0][:MAX_FOUND])
            raise DataError(f"{name}, line {number}: expected the whole number of a landmark, found {found}")
        landmark = int(fields[0])
        if landmark in notes:
            earlier = line_of[landmark]
            raise DataError(f"{name}, line {number}: landmark {landmark} is in line {earlier} already")
        notes[landmark] = ", ".join(field for field in fields[1:] if field)
        line_of[landmark] = number
    return notes


def merge_landmark_lists(
    texts: Mapping[str, str], listed: Iterable[int], known: Container[int]
) -> dict[int, str]:
    """Landmarks of several lists with their notes.

    Args:
        texts: content of each list, by its name.
        listed: further landmarks, without a note.
        known: landmarks of the training set.

    Raises:
        DataError: as `read_landmark_list`; or a list names a landmark that is unknown, or in another list.
    """
    merged = dict.fromkeys(listed, "")
    for name in sorted(texts):
        notes = read_landmark_list(texts[name], name)
        for landmark in notes:
            if landmark not in known:
                raise DataError(f"{name}: landmark {landmark} is not in the training set")
            if landmark in merged:
                raise DataError(f"{name}: landmark {landmark} is in another list already")
        merged |= notes
    return merged
