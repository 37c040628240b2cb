"""The spine: the path of one sample, from harmonised counts to the prediction record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from pancreassign import __version__, caveats
from pancreassign.counts.samples import Sample
from pancreassign.kit import Kit
from pancreassign.normalize.apply import normalise
from pancreassign.quality import content, context
from pancreassign.quality.assess import assess
from pancreassign.records import CatalogueId, Drug, InputInfo, PackId, Prediction, ReferenceId, SampleInfo, Software
from pancreassign.regimens.clinical import Clinical, setting_of
from pancreassign.regimens.rank import rank_regimens
from pancreassign.regimens.rules import DrugEvidence
from pancreassign.signatures.calibrate import LEVEL
from pancreassign.signatures.outcome import Outcome, evaluate_drug, evaluate_general
from pancreassign.signatures.pack import GENERAL

REFERENCE = ("name", "version", "protocol", "preservation", "tumours")


def predict(sample: Sample, kit: Kit, info: SampleInfo, clinical: Clinical) -> Prediction:
    """Predict one sample. Nothing but the arguments goes in, so a record never depends on other samples."""
    normalised = normalise(sample.counts, kit.reference.genes, sample.units, kit.genes.length)
    looked = (sample.counts, sample.units, normalised.bulk, kit.yardstick)
    qc, measured = assess(*looked, info.specimen.protocol, info.sex, sample.foreign_share)
    dilution = content.dilution(qc.tumour_content.value)
    scale = (normalised.z, normalised.error, kit.reference.z_loadings, dilution)
    frozen, failed = info.specimen.preservation == "frozen", qc.verdict == "fail"
    outcomes = {
        drug: evaluate_drug(drug, kit.pack.signatures[drug], *scale, frozen=frozen, qc_failed=failed) for drug in Drug
    }
    setting = setting_of(clinical)
    record = Prediction(
        software=Software(name="pancreassign", version=__version__),
        pack=PackId(sha256=kit.pack.sha256, **_of(kit.pack.manifest, "name", "version", "released")),
        reference=ReferenceId(
            sha256=kit.reference.sha256,
            **_of(kit.reference.manifest, "name", "version", "protocol", "preservation", "tumours"),
        ),
        catalogue=CatalogueId(version=kit.catalogue.version, sha256=kit.catalogue_sha256),
        sample=info,
        input=InputInfo(**{key: getattr(sample, key) for key in InputInfo.model_fields}),
        qc=qc,
        general=evaluate_general(kit.pack.signatures[GENERAL], *scale),
        drugs=[outcome.result for outcome in outcomes.values()],
        setting=setting,
        clinical=clinical.given(),
        regimens=rank_regimens(kit.catalogue, _evidence(outcomes), setting, clinical, LEVEL),
        context=context.describe(measured, kit.reference.quality, kit.yardstick.tissues),
        caveats=[],
    )
    return record.model_copy(update={"caveats": caveats.of(record, kit.caveats)})


def _evidence(outcomes: Mapping[Drug, Outcome]) -> dict[Drug, DrugEvidence]:
    """What the regimens need to know of each drug."""
    return {
        drug: DrugEvidence(
            call=outcome.result.call,
            grade=outcome.result.evidence,
            sensitive=astuple(outcome.sensitive),
            resistant=astuple(outcome.resistant),
            reference_sensitive=outcome.reference_sensitive,
            reference_resistant=outcome.reference_resistant,
        )
        for drug, outcome in outcomes.items()
    }


def _of(manifest: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: manifest[key] for key in keys}
