"""Files written atomically, and long work that continues after an interruption."""
