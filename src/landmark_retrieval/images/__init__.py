"""Pictures on disk: finding, reading and judging them."""
