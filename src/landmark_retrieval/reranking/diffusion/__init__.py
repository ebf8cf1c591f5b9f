"""Diffusion on nearest-neighbour graphs."""
