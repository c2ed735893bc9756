"""The report on a graded class: one HTML file for the instructor that needs nothing else."""
