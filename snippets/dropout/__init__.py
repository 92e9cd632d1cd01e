"""Dropout and inverted dropout."""
