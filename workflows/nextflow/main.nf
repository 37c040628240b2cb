#!/usr/bin/env nextflow

// Scores the gene counts that nf-core/rnaseq merged, or any other counts that `pancreassign score` reads. For research use.
//     nextflow run workflows/nextflow -profile docker --counts results/star_salmon/salmon.merged.gene_counts.tsv --outdir results

include { PANCREASSIGN_SCORE } from './modules/local/pancreassign/score/main'

workflow PANCREASSIGN {
    take:
    counts    // channel: [ val(meta), [ path(counts) ] ]
    samples   // path, or []
    clinical  // path, or []
    pack      // path, or []
    reference // path, or []

    main:
    PANCREASSIGN_SCORE(counts, samples, clinical, pack, reference)

    emit:
    results  = PANCREASSIGN_SCORE.out.results  // channel: [ val(meta), path(folder) ]
    records  = PANCREASSIGN_SCORE.out.records  // channel: [ val(meta), [ path(json) ] ]
    reports  = PANCREASSIGN_SCORE.out.reports  // channel: [ val(meta), [ path(pdf) ] ]
    summary  = PANCREASSIGN_SCORE.out.summary  // channel: [ val(meta), path(tsv) ]
    multiqc  = PANCREASSIGN_SCORE.out.multiqc  // channel: [ val(meta), path(json) ]
    page     = PANCREASSIGN_SCORE.out.page     // channel: [ val(meta), path(html) ]
    versions = PANCREASSIGN_SCORE.out.versions // channel: path(versions.yml)
}

workflow {
    if (!params.counts || !params.outdir) {
        error("Give --counts (such as nf-core/rnaseq's salmon.merged.gene_counts.tsv) and --outdir.")
    }
    // every file of one call is one cohort, and so one task
    counts = channel.fromPath(params.counts, checkIfExists: true)
        .collect(sort: true)
        .map { files -> [[id: "${params.name}"], files] } // as text: a name such as 20261122 arrives as a number

    PANCREASSIGN(
        counts,
        optional(params.samples),
        optional(params.clinical),
        optional(params.pack),
        optional(params.reference),
    )
}

// A file that must exist where one was named, else an empty list, which stages nothing
def optional(name) {
    return name ? file(name, checkIfExists: true) : []
}
