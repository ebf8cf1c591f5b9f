"""Nearest neighbours by inner product, and how well an approximate search finds them."""
