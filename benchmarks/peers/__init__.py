"""pancreassign against what a user would otherwise run, on the same samples (docs/validation.md)."""
