"""The catalogue of regimens, who may receive them, and their order for one patient."""
