"""Kedro datasets that no library has; each is saved whole or not at all."""
