"""Near-duplicate photographs."""
