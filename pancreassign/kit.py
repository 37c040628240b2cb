"""What the steps need from disk, loaded once: they themselves read no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pancreassign import artefacts, caveats, resources
from pancreassign.counts.genes import GeneTable
from pancreassign.normalize import reference
from pancreassign.quality import tissues
from pancreassign.quality.assess import Yardstick
from pancreassign.regimens.catalogue import Catalogue, load_catalogue
from pancreassign.signatures import pack


@dataclass(frozen=True)
class Kit:
    """Everything that the steps need from disk: loaded and verified once, then handed in."""

    pack: pack.Pack
    reference: reference.Reference
    genes: GeneTable
    yardstick: Yardstick
    catalogue: Catalogue
    catalogue_sha256: str
    caveats: caveats.Caveats


def load_kit(pack_name: str, reference_name: str, regimens: Path | None = None) -> Kit:
    """Load a pack, a reference (both by name or path) and the shipped tables; raises ``ArtefactError``."""
    data = resources.data_dir()
    catalogue = regimens or data / "regimens" / "regimens.toml"
    genes = GeneTable.load(data / "genes")
    frozen = reference.load(resources.find_reference(reference_name))
    known = tissues.load(data / "tissues", genes.symbol)
    kit = Kit(
        pack=pack.load(resources.find_pack(pack_name)),
        reference=frozen,
        genes=genes,
        yardstick=Yardstick(genes.described, frozen.genes, frozen.quality, frozen.manifest["protocol"], known),
        catalogue=load_catalogue(catalogue),
        catalogue_sha256=artefacts.sha256_of(catalogue),
        caveats=caveats.load(data / "caveats" / "caveats.toml"),
    )
    pack.check_reference(kit.pack, kit.reference.name, kit.reference.sha256)
    return kit
