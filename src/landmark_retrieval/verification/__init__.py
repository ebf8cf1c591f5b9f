"""Whether two photographs show the same thing: matches and the transform they agree on."""
