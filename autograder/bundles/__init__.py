"""Bundles: what a grading platform is given, one zip for one assignment."""
