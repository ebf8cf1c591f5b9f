"""Files that several formats are read from."""
