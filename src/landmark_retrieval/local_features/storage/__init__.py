"""Storage of ragged local features in shards."""
