"""Re-ranking by graph traversal and reciprocal neighbours."""
