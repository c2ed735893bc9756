"""Attention, and the models that are built from it."""
