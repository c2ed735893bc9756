"""Whether a program calls what its task forbids: found in its text, and while it runs."""
