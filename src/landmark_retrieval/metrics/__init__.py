"""How good a ranking or a prediction is, under a named protocol and with an interval."""
