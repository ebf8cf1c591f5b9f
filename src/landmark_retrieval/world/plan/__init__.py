"""Plan of the generated world: landmarks, photographs, faults, lists."""
