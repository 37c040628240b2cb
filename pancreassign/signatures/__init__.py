"""Signature packs: loading, verifying, scoring and calibrating."""
