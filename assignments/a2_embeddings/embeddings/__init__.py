"""Meaning as geometry: vectors whose inner products say what belongs together."""
