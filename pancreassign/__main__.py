"""``python -m pancreassign``."""

from pancreassign.cli import main

main()
