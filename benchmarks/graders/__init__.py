"""Graders side by side: the same checks, the same submissions, one table. See docs/speed.md."""
