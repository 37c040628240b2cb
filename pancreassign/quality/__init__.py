"""The quality verdict of one sample: what was measured, and the checks that judge it."""
