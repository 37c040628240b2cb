"""A sheet of many inputs, worked off again and again: what is done and unchanged is skipped (``pancreassign run``)."""
