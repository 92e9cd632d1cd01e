"""Cross-entropy in classification."""
