"""The command line: everything that talks to a person. Nobody below imports it."""
