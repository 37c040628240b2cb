"""Commands that simulate samples, for tests and for a laboratory's own validation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pancreassign import resources
from pancreassign.cli.base import CountFiles, Force, Format, Out, Reference, Strand, simulate_app

Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes; another, another draw.")]
ReadUnits = Annotated[
    str, typer.Option("--units", help="auto, or counts (expected counts, then rounded); tpm and fpkm hold no reads.")
]


@simulate_app.command("tumours")
def simulate_tumours(
    recipe: Annotated[Path, typer.Argument(help="Samples to draw and the seed (TOML); see data/example/recipe.toml.")],
    out: Out,
    reference: Reference = resources.DEFAULT_REFERENCE,
    force: Force = False,
) -> None:
    """Draw tumours from the reference: counts.tsv.gz and samples.tsv, labelled as simulated."""
    from pancreassign import simulate
    from pancreassign.normalize import reference as references

    wanted = simulate.read_recipe(recipe)
    frozen = references.load(resources.find_reference(reference))
    known = simulate.read_profiles(resources.data_dir() / "tissues" / "profiles.tsv.gz")
    drawn = simulate.simulate(wanted, frozen.genes, frozen.loadings, known)
    _write_simulated(drawn, simulate.metadata(wanted.sample), out, force)


@simulate_app.command("degrade")
def simulate_degrade(
    counts: CountFiles,
    out: Out,
    reads: Annotated[
        list[int] | None,
        typer.Option("--reads", min=1, help="Library size to thin to; repeat it for several libraries of each sample."),
    ] = None,
    ffpe: Annotated[
        float, typer.Option("--ffpe", min=0.0, help="Strength of paraffin's noise of each gene; 1 is as measured.")
    ] = 0.0,
    dropout: Annotated[
        float, typer.Option("--dropout", min=0.0, help="Strength of paraffin's loss of genes; 1 is as measured.")
    ] = 0.0,
    three_prime: Annotated[
        float,
        typer.Option(
            "--three-prime",
            min=0.0,
            max=1.0,
            help="From counts proportional to gene length (0) to counts independent of it (1); takes reads away.",
        ),
    ] = 0.0,
    seed: Seed = 0,
    format: Format = "auto",
    units: ReadUnits = "auto",
    strand: Strand = "auto",
    force: Force = False,
) -> None:
    """Degrade real samples: counts.tsv.gz, and samples.tsv with what was done, labelled as simulated."""
    from pancreassign.counts.genes import GeneTable
    from pancreassign.counts.readers import read_samples
    from pancreassign.simulate import degrade, libraries

    wanted = degrade.Degradation(tuple(reads or ()), ffpe, dropout, three_prime)
    genes = GeneTable.load(resources.data_dir() / "genes")
    noise = degrade.read_noise(resources.data_dir() / "ffpe" / "noise.tsv.gz")
    samples, _ = read_samples(counts, genes, format=format, units=units, strand=strand)
    drawn, truth = degrade.degrade(libraries.counts_of(samples), wanted, noise, genes.length, seed)
    _write_simulated(drawn, truth, out, force)


@simulate_app.command("mix")
def simulate_mix(
    counts: CountFiles,
    out: Out,
    tissue: Annotated[str, typer.Option("--with", help="Profile to mix with: stroma, liver, acinar, ...")],
    content: Annotated[
        list[float],
        typer.Option(
            "--content",
            min=0.0,
            max=1.0,
            help="Share of the sample's own reads that is kept; repeat it for several libraries of each sample.",
        ),
    ],
    profiles: Annotated[
        Path | None,
        typer.Option("--profiles", help="Another table of profiles: gene_id, symbol, a column of shares for each."),
    ] = None,
    seed: Seed = 0,
    format: Format = "auto",
    units: ReadUnits = "auto",
    strand: Strand = "auto",
    force: Force = False,
) -> None:
    """Mix real samples with another tissue: counts.tsv.gz, and samples.tsv with the content, labelled as simulated."""
    from pancreassign.counts.genes import GeneTable
    from pancreassign.counts.readers import read_samples
    from pancreassign.simulate import libraries, mix

    known = mix.read_profiles(profiles or resources.data_dir() / "tissues" / "profiles.tsv.gz")
    profile = mix.find_profile(known, tissue)
    genes = GeneTable.load(resources.data_dir() / "genes")
    samples, _ = read_samples(counts, genes, format=format, units=units, strand=strand)
    drawn, truth = mix.mix(libraries.counts_of(samples), profile, content, seed)
    _write_simulated(drawn, truth, out, force)


def _write_simulated(drawn: Any, samples: Any, out: Path, force: bool) -> None:
    """Write counts.tsv.gz and samples.tsv of simulated samples, both or none; the same bytes for the same draw."""
    from pancreassign import artefacts
    from pancreassign.output import staged

    with staged(out, ["counts.tsv.gz", "samples.tsv"], force) as partial:
        drawn.to_csv(
            partial / "counts.tsv.gz", sep="\t", lineterminator="\n", compression={"method": "gzip", "mtime": 0}
        )
        artefacts.write_table(samples, partial / "samples.tsv")
    typer.echo(f"{drawn.shape[1]} simulated samples in {out}", err=True)
