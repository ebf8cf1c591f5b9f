"""What the generated world contains."""
