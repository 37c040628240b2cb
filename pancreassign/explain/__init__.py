"""From a record to the arithmetic behind each call, in words and numbers that can be checked by hand."""
