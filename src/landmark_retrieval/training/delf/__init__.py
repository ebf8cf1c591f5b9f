"""Training of DELF."""
