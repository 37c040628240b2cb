"""From raw dose-response plates to one value per model and drug: read, fit, judge, average, compare."""
