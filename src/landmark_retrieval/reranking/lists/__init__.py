"""Ranked lists: reordering, padding and non-increasing scores."""
