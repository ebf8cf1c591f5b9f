"""Landmarks predicted from the nearest training images."""
