"""From a name to files that say what is to be written in them: `autograder new-task` and `new-assignment`."""
