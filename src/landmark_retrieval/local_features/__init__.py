"""Keypoints and their descriptors: what geometric verification compares."""
