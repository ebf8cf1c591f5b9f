"""Generated buildings, outside and inside."""
