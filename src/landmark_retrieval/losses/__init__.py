"""Cosine softmax losses: what an embedding model is trained against."""
