"""What goes wrong with somebody's data, said in one line."""


class DataError(ValueError):
    """Input that breaks the rules of its format; the message names file, row or key and what was expected."""
