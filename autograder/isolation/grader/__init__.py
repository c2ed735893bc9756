"""The grader's half of the conversation: processes, sessions, and proxies of what lives in a worker."""
