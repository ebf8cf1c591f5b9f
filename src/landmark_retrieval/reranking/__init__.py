"""Re-ranking: one file per method, and chains of them."""
