"""Manifolds and what a network learns."""
