"""Re-ranking of a shortlist."""
