"""What a worker gives up before it sees a line of student code."""
