"""The spine: the path of one sample, from harmonised counts to the prediction record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pancreassign import __version__, caveats
from pancreassign.appraise import appraise
from pancreassign.counts.samples import Sample
from pancreassign.kit import Kit
from pancreassign.quality import content, context, protocol
from pancreassign.ranking import ranked
from pancreassign.records import CatalogueId, Drug, InputInfo, PackId, Prediction, ReferenceId, SampleInfo, Software
from pancreassign.regimens.clinical import Clinical, setting_of
from pancreassign.signatures.outcome import Handling, evaluate_drug, evaluate_general, unsigned
from pancreassign.signatures.pack import GENERAL

REFERENCE = ("name", "version", "protocol", "preservation", "tumours")


def predict(sample: Sample, kit: Kit, info: SampleInfo, clinical: Clinical) -> Prediction:
    """Predict one sample. Nothing but the arguments goes in, so a record never depends on other samples."""
    normalised, qc, measured = appraise(sample, kit, info)
    burden = content.burden(measured, kit.yardstick.tissues.content)
    scale = (normalised.z, normalised.error, kit.reference.z_loadings, burden)
    frozen, known, failed = info.specimen.preservation == "frozen", protocol.agrees(qc), qc.verdict == "fail"
    handling = Handling(frozen=frozen, same_protocol=known, qc_failed=failed)
    signatures = kit.pack.signatures
    drugs = [
        evaluate_drug(drug, signatures[drug], *scale, handling) if drug in signatures else unsigned(drug)
        for drug in Drug
    ]
    setting = setting_of(clinical)
    record = Prediction(
        software=Software(name="pancreassign", version=__version__),
        pack=PackId(sha256=kit.pack.sha256, **_of(kit.pack.manifest, "name", "version", "released")),
        reference=ReferenceId(sha256=kit.reference.sha256, **_of(kit.reference.manifest, *REFERENCE)),
        catalogue=CatalogueId(version=kit.catalogue.version, sha256=kit.catalogue_sha256),
        sample=info,
        input=InputInfo(**{key: getattr(sample, key) for key in InputInfo.model_fields}),
        qc=qc,
        general=evaluate_general(signatures[GENERAL], *scale),
        drugs=drugs,
        setting=setting,
        clinical=clinical.given(),
        regimens=ranked(drugs, kit, setting, clinical),
        context=context.describe(measured, kit.reference.quality, kit.yardstick.tissues),
        caveats=[],
    )
    return record.model_copy(update={"caveats": caveats.of(record, kit.caveats)})


def _of(manifest: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: manifest[key] for key in keys}
