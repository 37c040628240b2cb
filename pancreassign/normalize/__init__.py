"""Normalising one sample against a frozen reference; nothing is fitted on the incoming batch."""
