"""What the steps need from disk, loaded once: they themselves read no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pancreassign import artefacts, caveats, resources
from pancreassign.counts.genes import GeneTable
from pancreassign.errors import ArtefactError
from pancreassign.normalize import reference
from pancreassign.quality import content, tissues
from pancreassign.quality.assess import Yardstick
from pancreassign.regimens.catalogue import Catalogue, load_catalogue
from pancreassign.signatures import pack


@dataclass(frozen=True)
class Scale:
    """What a sample is read, normalised and judged by; enough for quality alone."""

    reference: reference.Reference
    genes: GeneTable
    yardstick: Yardstick


@dataclass(frozen=True)
class Kit(Scale):
    """Everything that the steps need from disk: loaded and verified once, then handed in."""

    pack: pack.Pack
    catalogue: Catalogue
    catalogue_sha256: str
    caveats: caveats.Caveats

    @property
    def hashes(self) -> tuple[str, str, str]:
        """Those of pack, reference and catalogue: what a record names of its kit."""
        return self.pack.sha256, self.reference.sha256, self.catalogue_sha256


def load_kit(pack_name: str, reference_name: str, regimens: Path | None = None) -> Kit:
    """Load a pack, a reference (both by name or path) and the shipped tables; raises ``ArtefactError``."""
    data = resources.data_dir()
    catalogue = regimens or data / "regimens" / "regimens.toml"
    scale = load_scale(reference_name)
    return Kit(
        reference=scale.reference,
        genes=scale.genes,
        yardstick=scale.yardstick,
        pack=_on_scale(pack.load(resources.find_pack(pack_name)), scale),
        catalogue=load_catalogue(catalogue),
        catalogue_sha256=artefacts.sha256_of(catalogue),
        caveats=caveats.load(data / "caveats" / "caveats.toml"),
    )


def load_scale(reference_name: str) -> Scale:
    """Load a reference (by name or path), the gene table and what is known of tissues; raises ``ArtefactError``."""
    data = resources.data_dir()
    genes = GeneTable.load(data / "genes")
    frozen = reference.load(resources.find_reference(reference_name))
    known = tissues.load(data / "tissues", genes.symbol)
    stick = Yardstick(genes.described, frozen.genes, frozen.quality, frozen.manifest["protocol"], known)
    return Scale(frozen, genes, stick)


def _on_scale(loaded: pack.Pack, scale: Scale) -> pack.Pack:
    """The pack with frozen scores of this reference's tumours: its own, or those that the reference holds of it."""
    frozen = scale.reference
    if loaded.manifest["reference"]["sha256"] == frozen.sha256:
        return loaded
    raw = frozen.scores.get(loaded.sha256)
    if raw is None:
        raise ArtefactError(
            f"reference {frozen.name}",
            f"holds no scores of its tumours by the pack {loaded.manifest['name']} ({loaded.sha256[:12]})",
            "Build the reference again with --pack, or use the one that the pack was trained with.",
        )
    levels = frozen.quality.loc[list(frozen.tumours), list(content.LEVELS)].to_numpy(dtype=float)
    rows = [dict(zip(content.LEVELS, map(float, row), strict=True)) for row in levels]
    burdens = [content.burden(row, scale.yardstick.tissues.content) for row in rows]
    return pack.rebased(loaded, raw.loc[list(frozen.tumours)], burdens)
