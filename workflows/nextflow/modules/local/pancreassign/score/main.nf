process PANCREASSIGN_SCORE {
    tag "${meta.id}"
    label 'process_single'

    conda "${moduleDir}/environment.yml"
    // an image that you build (docs/workflows.md); its whole name, before which nf-core's docker.registry puts nothing
    container 'docker.io/library/pancreassign:0.1.0'

    input:
    tuple val(meta), path(counts)
    path samples, stageAs: 'samples/*'
    path clinical, stageAs: 'clinical/*'
    path pack, stageAs: 'pack/*'
    path reference, stageAs: 'reference/*'

    output:
    tuple val(meta), path("${prefix}")                          , emit: results
    tuple val(meta), path("${prefix}/*/prediction.json")        , emit: records , optional: true
    tuple val(meta), path("${prefix}/*/report.pdf")             , emit: reports , optional: true
    tuple val(meta), path("${prefix}/*/fhir.json")              , emit: fhir    , optional: true
    tuple val(meta), path("${prefix}/*/rcp.txt")                , emit: rcp     , optional: true
    tuple val(meta), path("${prefix}/patients/*")               , emit: patients, optional: true
    tuple val(meta), path("${prefix}/pancreassign_mqc.json")    , emit: multiqc
    tuple val(meta), path("${prefix}/cohort.html")              , emit: page
    tuple val(meta), path("${prefix}/summary.tsv")              , emit: summary
    tuple val(meta), path("${prefix}/scores.h5ad")              , emit: h5ad
    tuple val(meta), path("${prefix}/run.json")                 , emit: run
    path "versions.yml"                                         , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def samples_option = samples ? "--samples ${samples}" : ''
    def clinical_option = clinical ? "--clinical ${clinical}" : ''
    def pack_option = pack ? "--pack ${pack}" : ''
    def reference_option = reference ? "--reference ${reference}" : ''
    """
    export MPLCONFIGDIR="\$PWD/.matplotlib"

    # a sample would be named after the task's own folder, another one at each run
    for file in ${counts}; do
        case "\$file" in
            quant.sf*|quant.genes.sf*|abundance.tsv*|ReadsPerGene.out.tab*)
                echo "\$file names no sample: rename it to <sample>.\$file, or give the merged table" >&2; exit 2 ;;
        esac
    done

    pancreassign score \\
        ${counts} \\
        ${samples_option} \\
        ${clinical_option} \\
        ${pack_option} \\
        ${reference_option} \\
        ${args} \\
        --jobs ${task.cpus} \\
        --out "${prefix}"

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        pancreassign: \$(pancreassign --version | sed 's/^pancreassign //')
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir -p "${prefix}/stub"
    touch "${prefix}/stub/prediction.json" "${prefix}/stub/report.pdf"
    touch "${prefix}/summary.tsv" "${prefix}/scores.h5ad" "${prefix}/run.json"
    touch "${prefix}/pancreassign_mqc.json" "${prefix}/cohort.html"

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        pancreassign: \$(pancreassign --version | sed 's/^pancreassign //')
    END_VERSIONS
    """
}
