"""pancreassign: open chemosensitivity signatures for pancreatic adenocarcinoma, one patient at a time."""

__version__ = "0.1.0"
