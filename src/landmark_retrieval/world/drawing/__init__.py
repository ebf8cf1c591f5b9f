"""Rendering of the generated photographs."""
