"""Notebooks to modules. Needs only the standard library: program.py runs in a process of its own."""
