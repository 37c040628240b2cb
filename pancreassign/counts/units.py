"""Whether values are what they were said to be: counts, TPM or FPKM. Every test looks at one sample alone."""

from __future__ import annotations

import numpy as np

from pancreassign.counts.genes import is_gene_row
from pancreassign.counts.samples import Bools, CountTable, Floats, Options, RawTable, Strings
from pancreassign.errors import UnitsError

LOG_MAX = 30.0
"""Fractional values that all lie below this are taken for logarithms: 2**30 is more than any library's
largest count, and in a library of real counts some gene has more than 30 reads (our judgement)."""

MILLION_TOLERANCE = 0.001
"""How near to one million a sample's sum lies where it was scaled to it (rounded digits, our judgement)."""

TPM_MOST = 1.01e6
"""Largest sum of a sample's TPM: one million, and something for rounded digits (our judgement)."""

LARGEST = 2.0**53
"""From here on a float no longer holds every whole number."""

MOSTLY_FRACTIONAL = 0.9
"""Share of fractions among positive values from which they are scaled and no expected counts: measured 0.99 to
1.00 in TPM and FPKM, 0.08 to 0.52 in RSEM's and nf-core's expected counts (the files of shared/data/formats)."""

_COUNTS_MEND = "Give raw counts"


def check_values(raw: RawTable, options: Options) -> tuple[CountTable | None, list[UnitsError]]:
    """Check a file's values and round expected counts; the table is ``None`` where there are faults.

    Rows that are no genes (``N_unmapped``, ``__no_feature``, empty ids) are dropped first.
    """
    keep = np.fromiter((is_gene_row(str(gene).strip()) for gene in raw.genes), dtype=bool, count=len(raw.genes))
    genes, values = (raw.genes, raw.values) if keep.all() else (raw.genes[keep], raw.values[keep])
    units = options.units or "counts"
    faults = _impossible(raw, genes, values)
    rounded = np.zeros(len(raw.samples), dtype=bool)
    if not faults:
        whole = np.rint(values)
        fractional: Bools = np.asarray((whole != values).any(axis=0))
        faults = _disguised(raw, values, fractional, options) or _not_as_said(raw, values, fractional, options)
        if units == "counts":
            values, rounded = whole, fractional
    if faults:
        return None, faults
    notes = list(raw.notes)
    if rounded.any():
        notes.append("expected counts rounded to whole numbers")
    return CountTable(
        path=raw.where,
        format=raw.format,
        genes=genes,
        samples=raw.samples,
        values=values,
        units=units,
        strand=options.strand or raw.strand,
        rounded=rounded,
        notes=notes,
    ), []


def _impossible(raw: RawTable, genes: Strings, values: Floats) -> list[UnitsError]:
    """Values that are wrong in any unit: one fault a kind, naming the first and how many."""
    if values.size and np.isfinite(values).all() and values.min() >= 0 and values.max() < LARGEST:
        return []
    with np.errstate(invalid="ignore"):
        kinds = (
            (np.isnan(values), "missing value", "Fill the cells in, or leave the gene out."),
            (np.isinf(values), "infinite value", f"{_COUNTS_MEND}."),
            (values < 0, "negative value", f"{_COUNTS_MEND}: these look like log ratios or z-scores."),
            ((values >= LARGEST) & np.isfinite(values), "value beyond 2^53", f"{_COUNTS_MEND}."),
        )
    faults = []
    for mask, what, mend in kinds:
        number = int(mask.sum())
        if number:
            row, column = (int(k) for k in np.argwhere(mask)[0])
            first = f"gene {genes[row]}, sample {raw.samples[column]}"
            plural = f"{number} {what}s, the first at " if number > 1 else f"{_article(what)} {what} at "
            also = _log_beside(values) if what.startswith("missing") else ""
            faults.append(UnitsError(raw.where, plural + first + also, f"{_COUNTS_MEND}." if also else mend))
    return faults


def _log_beside(values: Floats) -> str:
    """What to say of a table with empty cells whose other cells look like logarithms: filling them in mends nothing."""
    known = values[np.isfinite(values)]
    if not known.size or known.max() >= LOG_MAX or (known == np.rint(known)).all():
        return ""
    return f"; and the fractional values up to {known.max():.4g} look log-transformed"


def _article(what: str) -> str:
    return "an" if what[0] in "aeiou" else "a"


def _disguised(raw: RawTable, values: Floats, fractional: Bools, options: Options) -> list[UnitsError]:
    """Values in another unit than was said; whole numbers are always counts."""
    if not fractional.any():
        return []
    counts = options.units in (None, "counts")
    largest, sums = values.max(axis=0), values.sum(axis=0)
    log = fractional & (largest < LOG_MAX) & ("log" in raw.suspects)
    million = fractional & ~log & (np.abs(sums - 1e6) <= 1e6 * MILLION_TOLERANCE) & ("million" in raw.suspects)
    if log.any():
        first = int(np.argmax(log))
        problem = f"fractional values up to {largest[first]:.4g} look log-transformed"
        mend = f"{_COUNTS_MEND}." if counts else "Give values that are not log-transformed."
        return [_fault(raw, log, problem, mend + raw.hint)]
    if not counts:
        return []
    if million.any():
        problem = "fractional values that sum to one million look like TPM (or CPM), not counts"
        return [_fault(raw, million, problem, f"{_COUNTS_MEND}, or --units tpm where they are TPM.{raw.hint}")]
    unexplained = fractional if not raw.expected else _scaled(values) & ("scaled" in raw.suspects)
    if options.units is None and unexplained.any():
        problem = "fractional values: TPM, FPKM or expected counts, not counts"
        mend = (
            f"{_COUNTS_MEND}; else --units tpm or --units fpkm where they are that, or --units counts where they "
            f"are expected counts, which are then rounded.{raw.hint}"
        )
        return [_fault(raw, unexplained, problem, mend)]
    return []


def _not_as_said(raw: RawTable, values: Floats, fractional: Bools, options: Options) -> list[UnitsError]:
    """Values that cannot be in the unit that the user or the file's name gives."""
    sums = values.sum(axis=0)
    if options.units == "tpm" and (sums > TPM_MOST).any():
        problem = f"values that sum to {sums.max():.4g} are no TPM, which sum to one million"
        return [_fault(raw, sums > TPM_MOST, problem, "Leave --units out where they are counts.")]
    whole = ~fractional & (sums > 1e6)
    if options.units == "fpkm" and whole.any():
        return [
            _fault(raw, whole, "these are whole numbers, as counts are", "Leave --units out where they are counts.")
        ]
    if options.units is None and raw.said_by_name:
        unit = raw.said_by_name
        option = f"--units {'tpm' if unit == 'TPM' else 'fpkm'}"
        mend = f"Give the counts beside it, or {option}; or --units counts where it holds counts all the same."
        return [UnitsError(raw.where, f"holds {unit} by its name, not counts", mend)]
    return []


def _scaled(values: Floats) -> Bools:
    """Which samples have fractions nearly everywhere."""
    positive = np.maximum((values > 0).sum(axis=0), 1)
    return np.asarray((values != np.rint(values)).sum(axis=0) >= MOSTLY_FRACTIONAL * positive)


def _fault(raw: RawTable, mask: Bools, problem: str, mend: str) -> UnitsError:
    """One fault for all samples that share it."""
    first, number = raw.samples[int(np.argmax(mask))], int(mask.sum())
    others = f" and {number - 1} more" if number > 1 else ""
    return UnitsError(raw.where, f"sample {first}{others}: {problem}", mend)
