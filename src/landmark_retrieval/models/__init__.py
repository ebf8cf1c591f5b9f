"""Networks that turn photographs into embeddings."""
