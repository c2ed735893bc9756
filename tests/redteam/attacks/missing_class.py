"""A submission without the class that a task asks for.

kind: mistakes
attacks: cell
mentions: does not define Cell
"""
