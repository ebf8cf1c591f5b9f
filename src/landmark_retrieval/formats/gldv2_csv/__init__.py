"""CSV files of Google Landmarks v2: images, landmarks, solutions."""
