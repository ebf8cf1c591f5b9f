"""Query expansion and database-side augmentation."""
