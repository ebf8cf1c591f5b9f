"""Loops in threads and processes."""
