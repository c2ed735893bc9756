"""Results, from one test's outcome to the gradebook of a class."""
