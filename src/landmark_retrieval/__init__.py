"""A laboratory for landmark image retrieval."""
