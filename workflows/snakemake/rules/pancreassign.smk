rule pancreassign_score:
    input:
        counts=config["counts"],
        samples=table("samples"),
        clinical=table("clinical"),
        pack=sums("pack"),
        reference=sums("reference"),
    output:
        summary=f"{config['results']}/summary.tsv",
        h5ad=f"{config['results']}/scores.h5ad",
        multiqc=f"{config['results']}/pancreassign_mqc.json",
        page=f"{config['results']}/cohort.html",
    log:
        "logs/pancreassign/score.log",
    conda:
        "../envs/pancreassign.yaml"
    container:
        "docker://pancreassign:0.1.0"
    threads: config.get("threads", 1)
    resources:
        mem_mb=4000,
    params:
        results=lambda wildcards, output: Path(output.summary).parent,
        samples=option("samples"),
        clinical=option("clinical"),
        pack=option("pack"),
        reference=option("reference"),
        extra=config.get("extra", ""),
    shell:
        # --force: the folders of the samples are no outputs here, and so Snakemake leaves them. Neither is run.json: from
        # the earlier one pancreassign tells which folders are of samples that are no longer scored, and says so in the log
        "pancreassign score {input.counts:q} {params.samples} {params.clinical} {params.pack} {params.reference}"
        " {params.extra} --jobs {threads} --out {params.results:q} --force 2> {log:q}"
