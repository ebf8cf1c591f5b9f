"""Audit pages: two manifests compared."""
