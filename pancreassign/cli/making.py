"""Commands that make packs and references, and show them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pancreassign import resources
from pancreassign.cli.base import CountFiles, Force, Format, Out, Strand, app, note, reference_app, signatures_app
from pancreassign.cli.base import folder as as_folder


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Recipe of the pack (TOML).")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", parser=as_folder, metavar="DIR", help="Folder to write the pack into.")
    ] = None,
    data: Annotated[
        Path, typer.Option("--data", envvar="PANCREASSIGN_DATA", help="Folder that the recipe's paths start from.")
    ] = Path("../shared/data"),
    reference: Annotated[
        str | None, typer.Option("--reference", help="Another reference than the recipe's, by name or path.")
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Copies, brought by hand, of what the recipe would download."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept-checksums", help="Read files of which the recipe gives no checksum.")
    ] = False,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="Bring and prepare the recipe's sources, and stop there.")
    ] = False,
    force: Force = False,
) -> None:
    """Train, evaluate and calibrate a signature pack; the sources that its recipe names are brought first."""
    from pancreassign import artefacts
    from pancreassign.counts.genes import GeneTable
    from pancreassign.normalize import reference as references
    from pancreassign.output import check_free, staged
    from pancreassign.quality import tissues
    from pancreassign.training import build, recipe
    from pancreassign.training.sources.fetch import Fetcher
    from pancreassign.training.sources.prepare import prepare

    genes = GeneTable.load(resources.data_dir() / "genes")
    fetcher = Fetcher(data, given, accept, note)
    if prepare_only:
        prepare(recipe.read_sources(config), data, fetcher, genes, staged)
        return
    if out is None:
        raise typer.BadParameter("is missing: give a folder, or --prepare-only", param_hint="--out")
    wanted = recipe.read_recipe(config)
    frozen = references.load(resources.find_reference(reference or wanted.reference))
    check_free(out, ["manifest.toml"], force)
    prepare(wanted.sources, data, fetcher, genes, staged)
    known = tissues.load(resources.data_dir() / "tissues", genes.symbol)
    with staged(out, ["manifest.toml"], force, artefacts.files_of(out)) as partial:
        sha256 = build.train(wanted, data, frozen, genes, known, partial, note)
    typer.echo(f"{wanted.name} {wanted.version} {sha256}")


@signatures_app.command("list")
def list_packs() -> None:
    """List the shipped packs: name, version, hash and grades."""
    from pancreassign.signatures import pack

    for folder in resources.packs():
        loaded = pack.load(folder)
        grades = " ".join(f"{target}:{signature.grade}" for target, signature in loaded.signatures.items())
        typer.echo(f"{loaded.manifest['name']}\t{loaded.manifest['version']}\t{loaded.sha256}\t{grades}")


@signatures_app.command("show")
def show_pack(pack: Annotated[str, typer.Argument(help="Name or path of a pack.")] = resources.DEFAULT_PACK) -> None:
    """Print a pack's card: data, protocol, every figure, failures and limits."""
    from pancreassign import artefacts

    folder = resources.find_pack(pack)
    artefacts.verify(folder)
    typer.echo((folder / "card.md").read_text(encoding="utf-8"), nl=False)


@signatures_app.command("verify")
def verify_packs(
    packs: Annotated[
        list[str] | None, typer.Argument(help="Names or paths; all that ship where none is given.")
    ] = None,
) -> None:
    """Check every file of packs, and of the shipped references, against its hash."""
    from pancreassign import artefacts

    folders = [resources.find_pack(name) for name in packs] if packs else [*resources.packs(), *resources.references()]
    for folder in folders:
        typer.echo(f"{folder.name}\tok\t{artefacts.verify(folder)}")


@reference_app.command("build")
def build_reference(
    counts: CountFiles,
    out: Out,
    recipe: Annotated[
        Path, typer.Option("--recipe", help="Name, version, protocol, sources and excluded samples (TOML).")
    ],
    packs: Annotated[
        list[str] | None,
        typer.Option("--pack", help="Score the tumours by this pack (name or path), so that `score` can use both."),
    ] = None,
    format: Format = "auto",
    strand: Strand = "auto",
    force: Force = False,
) -> None:
    """Fit a frozen reference on a laboratory's own tumours: percentiles and quality limits come from them."""
    from pancreassign import artefacts
    from pancreassign.counts.genes import GeneTable
    from pancreassign.counts.readers import read_samples
    from pancreassign.output import staged
    from pancreassign.quality import tissues
    from pancreassign.signatures import pack
    from pancreassign.training import reference

    wanted = reference.read_recipe(recipe)
    genes = GeneTable.load(resources.data_dir() / "genes")
    samples, _ = read_samples(counts, genes, format=format, strand=strand)
    known = tissues.load(resources.data_dir() / "tissues", genes.symbol)
    loaded = [pack.load(resources.find_pack(name)) for name in packs or ()]
    with staged(out, ["manifest.toml"], force, artefacts.files_of(out)) as folder:
        sha256 = reference.build(samples, wanted, genes, known, loaded, folder)
    typer.echo(f"{wanted.name} {wanted.version} {sha256}")
