"""Re-ranking by predicted landmarks."""
