"""Names of landmarks, ids and seeds of photographs."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

_BEGINNINGS = "Al Ber Cor Dun El Far Gol Har Il Kar Lom Mar Nor Ost Pel Quin Ros Sal Tor Ul Val Wes Yar Zel"
_MIDDLES = "a e i o u an en in or ar el is um ald ev ist"
_ENDS = "berg burg dale ford haven holm ia lin mar mond mouth nau ona sted stein ton vale vik wick zano"
_PATTERNS = {
    "palace": ("{0} Palace", "Palais {0}"),
    "town hall": ("{0} Town Hall", "Old Town Hall ({0})"),
    "church": ("Saint {1} Church ({0})", "{0} Parish Church"),
    "cathedral": ("{0} Cathedral", "Saint {1} Cathedral ({0})"),
    "domed hall": ("{0} Rotunda", "Pantheon of {0}"),
    "temple": ("Temple of {1} ({0})", "{0} Temple"),
    "castle": ("{0} Castle", "Schloss {0}"),
    "campanile": ("Campanile of {0}", "{0} Clock Tower"),
    "half-timbered house": ("{1} House ({0})", "Old Inn ({0})"),
    "gabled house": ("{1} House ({0})", "Guildhall of {0}"),
    "mosque": ("{0} Mosque", "Great Mosque of {0}"),
    "skyscraper": ("{0} Tower", "{1} Building ({0})"),
    "works": ("{0} Works", "{1} Mill ({0})"),
    "gate": ("{0} Gate", "Triumphal Arch ({0})"),
}


def _word(rng: np.random.Generator) -> str:
    return "".join(str(rng.choice(part.split())) for part in (_BEGINNINGS, _MIDDLES, _ENDS))


def landmark_name(typology: str, rng: np.random.Generator) -> str:
    """A name as a person would write it, such as `Saint Corinvale Church (Osteford)`."""
    pattern = str(rng.choice(_PATTERNS[typology]))
    return pattern.format(_word(rng), _word(rng))


def category(name: str) -> str:
    """The address under which GLD-v2 gives the name of a landmark."""
    return "http://commons.wikimedia.org/wiki/Category:" + name.replace(" ", "_")


def image_id(seed: int, serial: int) -> str:
    """The 16 hexadecimal characters of the world's photograph number `serial`."""
    return blake2b(f"{seed}/{serial}".encode(), digest_size=8).hexdigest()


def image_seed(seed: int, serial: int) -> int:
    """The seed of the pixels of the world's photograph number `serial`."""
    return int(blake2b(f"pixels of {seed}/{serial}".encode(), digest_size=7).hexdigest(), 16)
