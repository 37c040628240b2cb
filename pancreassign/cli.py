"""The command line: thin commands that import what they need when they run.

The only module that knows exit codes: 0 done, 1 a defect of ours, 2 bad usage or bad input,
3 with ``--fail-on-no-call`` where some sample was not evaluable.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pancreassign import __version__, resources
from pancreassign.errors import PancreassignError

BAD_INPUT = 2
NO_CALL = 3


class _Group(TyperGroup):
    """Turns our named errors into one message and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PancreassignError as error:
            typer.echo(f"pancreassign: {error}", err=True)
            raise typer.Exit(BAD_INPUT) from None


def _app(text: str) -> typer.Typer:
    return typer.Typer(
        cls=_Group, help=text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )


app = _app("Open chemosensitivity signatures for pancreatic adenocarcinoma. For research use.")
signatures_app = _app("List, show and verify signature packs.")
reference_app = _app("Build a frozen reference from a laboratory's own tumours.")
simulate_app = _app("Draw simulated samples from a frozen reference.")
app.add_typer(signatures_app, name="signatures")
app.add_typer(reference_app, name="reference")
app.add_typer(simulate_app, name="simulate")


def _folder(text: str) -> Path:
    if not text.strip():  # most likely a shell variable that was never set
        raise typer.BadParameter("is empty: give a folder")
    return Path(text)


Out = Annotated[Path, typer.Option("--out", "-o", parser=_folder, metavar="DIR", help="Folder to write into.")]
Force = Annotated[bool, typer.Option("--force", help="Replace results that exist already.")]
Pack = Annotated[str, typer.Option("--pack", help="Signature pack, by name or path.")]
Reference = Annotated[str, typer.Option("--reference", help="Frozen reference, by name or path.")]
CountFiles = Annotated[list[Path], typer.Argument(help="Count files, gzipped or not; several become one cohort.")]
Format = Annotated[
    str,
    typer.Option("--format", help="auto, star, htseq, featurecounts, rsem, salmon, kallisto, nfcore, matrix or h5ad."),
]
Strand = Annotated[
    str, typer.Option("--strand", help="auto, unstranded, forward or reverse; STAR files tell it from their columns.")
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pancreassign {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Open chemosensitivity signatures for pancreatic adenocarcinoma. For research use."""


@app.command()
def score(
    counts: CountFiles,
    out: Out,
    samples: Annotated[
        Path | None, typer.Option("--samples", help="Table: sample, patient, site, preservation (ffpe, frozen).")
    ] = None,
    clinical: Annotated[
        Path | None, typer.Option("--clinical", help="Clinical facts: TOML for one patient, TSV by sample for many.")
    ] = None,
    pack: Pack = resources.DEFAULT_PACK,
    reference: Reference = resources.DEFAULT_REFERENCE,
    regimens: Annotated[Path | None, typer.Option("--regimens", help="Another catalogue of regimens (TOML).")] = None,
    format: Format = "auto",
    units: Annotated[
        str, typer.Option("--units", help="auto, counts (expected counts too, then rounded), tpm or fpkm.")
    ] = "auto",
    strand: Strand = "auto",
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no PDF.")] = False,
    no_records: Annotated[bool, typer.Option("--no-records", help="Write no prediction.json.")] = False,
    fail_on_no_call: Annotated[
        bool, typer.Option("--fail-on-no-call", help="Exit with 3 where no drug of some sample was evaluable.")
    ] = False,
    force: Force = False,
) -> None:
    """Score tumours: a record and a PDF for each, and summary.tsv, scores.h5ad and run.json for the run."""
    from pancreassign import cohort
    from pancreassign.records import Call

    job = cohort.Job(
        counts=counts,
        out=out,
        pack=pack,
        reference=reference,
        regimens=regimens,
        samples=samples,
        clinical=clinical,
        format=format,
        units=units,
        strand=strand,
        reports=not no_report,
        records=not no_records,
        force=force,
    )
    records = cohort.score(job, _progress("scored"), _note)
    silent = [r for r in records if all(drug.call is Call.NOT_EVALUABLE for drug in r.drugs)]
    typer.echo(f"scored into {out}: {len(records)} in all, {len(silent)} without any evaluable drug", err=True)
    if silent and fail_on_no_call:
        raise typer.Exit(NO_CALL)


@app.command()
def report(
    records: Annotated[list[Path], typer.Argument(help="prediction.json files that `score` wrote.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            parser=_folder,
            metavar="PATH",
            help="Folder for <sample>/report.pdf, or a .pdf file for one record.",
        ),
    ],
    report_date: Annotated[
        str | None, typer.Option("--report-date", help="Date of the report, YYYY-MM-DD; unknown where not given.")
    ] = None,
    force: Force = False,
) -> None:
    """Render the PDF again, from the records alone."""
    from pancreassign import rendering

    rendering.render_records(records, out, report_date, force, _progress("rendered"))


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Recipe of the pack (TOML).")],
    out: Out,
    data: Annotated[
        Path, typer.Option("--data", envvar="PANCREASSIGN_DATA", help="Folder that the recipe's paths start from.")
    ] = Path("../shared/data"),
    reference: Annotated[
        str | None, typer.Option("--reference", help="Another reference than the recipe's, by name or path.")
    ] = None,
    force: Force = False,
) -> None:
    """Train, evaluate and calibrate a signature pack."""
    from pancreassign import artefacts
    from pancreassign.counts.genes import GeneTable
    from pancreassign.normalize import reference as references
    from pancreassign.output import staged
    from pancreassign.training import build, recipe

    wanted = recipe.read_recipe(config)
    frozen = references.load(resources.find_reference(reference or wanted.reference))
    genes = GeneTable.load(resources.data_dir() / "genes")
    with staged(out, ["manifest.toml"], force, artefacts.files_of(out)) as folder:
        sha256 = build.train(wanted, data, frozen, genes, folder, _note)
    typer.echo(f"{wanted.name} {wanted.version} {sha256}")


@app.command()
def schema() -> None:
    """Print the JSON schema of the prediction record."""
    import json

    from pancreassign.records import Prediction

    typer.echo(json.dumps(Prediction.model_json_schema(mode="serialization"), indent=2))


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
    format: Format = "auto",
    strand: Strand = "auto",
    force: Force = False,
) -> None:
    """Fit a frozen reference on a laboratory's own tumours."""
    from pancreassign import artefacts
    from pancreassign.counts.genes import GeneTable
    from pancreassign.counts.readers import read_samples
    from pancreassign.output import staged
    from pancreassign.training import reference

    wanted = reference.read_recipe(recipe)
    genes = GeneTable.load(resources.data_dir() / "genes")
    samples, _ = read_samples(counts, genes, format=format, strand=strand)
    with staged(out, ["manifest.toml"], force, artefacts.files_of(out)) as folder:
        sha256 = reference.build(samples, wanted, genes, folder)
    typer.echo(f"{wanted.name} {wanted.version} {sha256}")


@simulate_app.command("tumours")
def simulate_tumours(
    recipe: Annotated[Path, typer.Argument(help="Samples to draw and the seed (TOML); see data/example/recipe.toml.")],
    out: Out,
    reference: Reference = resources.DEFAULT_REFERENCE,
    force: Force = False,
) -> None:
    """Draw tumours from the reference: counts.tsv.gz and samples.tsv, labelled as simulated."""
    from pancreassign import artefacts, simulate
    from pancreassign.normalize import reference as references
    from pancreassign.output import staged

    wanted = simulate.read_recipe(recipe)
    frozen = references.load(resources.find_reference(reference))
    drawn = simulate.simulate(wanted, frozen.genes, frozen.loadings)
    with staged(out, ["counts.tsv.gz", "samples.tsv"], force) as partial:
        drawn.to_csv(
            partial / "counts.tsv.gz", sep="\t", lineterminator="\n", compression={"method": "gzip", "mtime": 0}
        )
        artefacts.write_table(simulate.metadata(wanted.sample), partial / "samples.tsv")
    typer.echo(f"{drawn.shape[1]} simulated samples in {out}", err=True)


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _progress(verb: str) -> Any:
    """One line that counts up on a terminal; in a log, a plain line at each tenth. It names no sample."""
    terminal = sys.stderr.isatty()

    def tell(done: int, total: int) -> None:
        if terminal:
            typer.echo(f"\r{verb} {done}/{total}", nl=done == total, err=True)
        elif done == total or done % max(1, total // 10) == 0:
            typer.echo(f"{verb} {done}/{total}", err=True)

    return tell


def main() -> None:
    """Run the command line; a polite kill cleans up as an error does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()
