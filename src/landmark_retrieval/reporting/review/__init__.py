"""Review sheets for overlapping landmarks."""
