"""What shows that hidden suites are strong and fair: misconceptions, variants, cheats, mutants."""
