"""Whole classes: find the hand-ins, grade them on all cores, keep every result as soon as it is known."""
