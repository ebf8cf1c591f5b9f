"""Lists of landmarks that somebody else found, such as a published list of overlapping ones."""

from __future__ import annotations

import csv
import re

from landmark_retrieval.errors import DataError

HEADER = "landmark_id"
MAX_FOUND = 80


def read_landmark_list(text: str, name: str = "landmark list") -> dict[int, str]:
    """Landmarks of a list, with what it says about each (empty where nothing).

    A landmark per line, or CSV whose first field is the landmark and whose other fields say something about
    it; a first line that begins with `landmark_id` is its header. Empty lines, and what follows a `#`, are
    passed over.

    Args:
        text: the list.
        name: of the list, for error messages.

    Raises:
        DataError: a line does not begin with a whole number, or a landmark stands twice; the line is named.
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
            raise DataError(f"{name}, line {number}: landmark {landmark} stands in line {earlier} already")
        notes[landmark] = ", ".join(field for field in fields[1:] if field)
        line_of[landmark] = number
    return notes
