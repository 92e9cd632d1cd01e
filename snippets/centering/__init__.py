"""Inputs that are not zero-centered, and slow learning."""
