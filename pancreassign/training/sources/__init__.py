"""Published data sets, and a laboratory's own, as the project's tables: one loader a format.

``fetch`` brings and checks the files that a recipe's ``[[sources]]`` name, ``prepare`` writes the tables that the rest
of the recipe names, and what they were made of beside them. ``lines``, ``screens``, ``gdc``, ``geo`` and ``folder``
are the loaders.
"""
