"""Train–test overlap: candidates, verdicts, decisions."""
