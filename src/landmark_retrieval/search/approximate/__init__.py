"""Approximate nearest-neighbour search with FAISS."""
