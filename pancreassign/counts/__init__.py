"""From a quantifier's file to the harmonised counts of one sample, and the verdict on their quality."""
