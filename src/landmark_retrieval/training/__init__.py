"""Fitting an embedding model to labelled photographs."""
