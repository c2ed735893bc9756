"""The pytest session, outcomes, scores and feedback."""
