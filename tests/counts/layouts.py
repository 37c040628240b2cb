"""The same counts as each program lays them out: rows for the fixture ``put``."""

from __future__ import annotations

TX = ["transcript_id(s)"]


def pairs(genes, counts):
    return list(zip(genes, counts, strict=True))


def as_matrix(genes, counts):
    return [["gene_id", "S1"], *pairs(genes, counts)]


def as_star(genes, counts):
    # unstranded: 50 % either way; the odd read goes to the reverse column
    summary = [["N_unmapped", 9, 9, 9], ["N_multimapping", 9, 9, 9], ["N_noFeature", 5, 4, 3], ["N_ambiguous", 2, 1, 1]]
    return [*summary, *([g, c, c // 2, c - c // 2] for g, c in pairs(genes, counts))]


def as_gdc(genes, counts):
    head = ["gene_id", "gene_name", "gene_type", "unstranded", "stranded_first", "stranded_second", "tpm_unstranded"]
    rows = [[g + ".5", genes[g], "protein_coding", c, c // 2, c - c // 2, c / 7] for g, c in pairs(genes, counts)]
    summary = [[n, "", "", 9, 9, 9, ""] for n in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")]
    return [["# gene-model: GENCODE v36"], head, *summary, *rows]


def as_htseq(genes, counts):
    return [*pairs(genes, counts), ["__no_feature", 12], ["__ambiguous", 3]]


def as_htseq_names(genes, counts):
    rows = [[g + ".1", genes[g], c] for g, c in pairs(genes, counts)]
    return [*rows, ["__no_feature", "", 12], ["__ambiguous", "", 3]]


def as_featurecounts(genes, counts):
    head = ["Geneid", "Chr", "Start", "End", "Strand", "Length", "gene_name", "/bams/S1.sorted.bam"]
    rows = [[g, "chr1;chr1", "1;9", "5;20", "+;+", 17, genes[g], c] for g, c in pairs(genes, counts)]
    return [['# Program:featureCounts v2.0.3; Command:"featureCounts" "-a" "x.gtf"'], head, *rows]


def as_rsem(genes, counts):
    head = ["gene_id", "transcript_id(s)", "length", "effective_length", "expected_count", "TPM", "FPKM"]
    rows = [[f"{g}_{genes[g]}", "ENST1,ENST2", 9.5, 7.5, f"{c}.00", c * 3.3, c * 2.1] for g, c in pairs(genes, counts)]
    return [head, *rows]


def as_rsem_merged(genes, counts):
    return [["gene_id", "transcript_id(s)", "S1"], *([g, "ENST1", f"{c}.0"] for g, c in pairs(genes, counts))]


def as_salmon(genes, counts):
    head = ["Name", "Length", "EffectiveLength", "TPM", "NumReads"]
    return [head, *([g + ".7", 100, 90.5, c * 3.3, f"{c}.000"] for g, c in pairs(genes, counts))]


def as_kallisto(genes, counts):
    head = ["target_id", "length", "eff_length", "est_counts", "tpm"]
    return [head, *([g, 100, 90.5, c, c * 3.3] for g, c in pairs(genes, counts))]


def as_nfcore(genes, counts):
    return [["gene_id", "gene_name", "S1"], *([g, genes[g], c] for g, c in pairs(genes, counts))]


def as_symbols(genes, counts):
    return [["symbol", "S1"], *zip(genes.values(), counts, strict=True)]


def as_columns(genes, counts):
    return [["sample", *genes], ["S1", *counts]]
