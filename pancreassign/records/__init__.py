"""The prediction record: everything that is known of one sample, and the only thing that renderers see.

The keys are the contract ``pancreassign/prediction/1``. What is unknown is ``None``, never a stand-in.
Floats are rounded when they enter a record, so that a record is the same bytes on any machine.
"""

from __future__ import annotations

from pancreassign.records.base import (
    BASE_RATE,
    SIGNIFICANT_DIGITS,
    Call,
    Drug,
    Grade,
    Interval,
    Part,
    Percentile,
    Probability,
    Rule,
    Status,
    Verdict,
    drug_of,
    known,
    rounded,
)
from pancreassign.records.drugs import (
    Contribution,
    Coverage,
    DrugResult,
    General,
    ReliabilityGroup,
    SetSkill,
    Validation,
)
from pancreassign.records.prediction import (
    CatalogueId,
    Caveat,
    PackId,
    Prediction,
    ReferenceId,
    Software,
    read_record,
)
from pancreassign.records.regimens import (
    Finding,
    RegimenEvidence,
    RegimenResult,
    Setting,
    Trial,
)
from pancreassign.records.sample import (
    DAYS_IN_ORDER,
    InputInfo,
    IsoDate,
    Order,
    Qc,
    QcCheck,
    SampleInfo,
    Specimen,
    TumourContent,
    day_of,
)

__all__ = [
    "BASE_RATE",
    "DAYS_IN_ORDER",
    "SIGNIFICANT_DIGITS",
    "Call",
    "CatalogueId",
    "Caveat",
    "Contribution",
    "Coverage",
    "Drug",
    "DrugResult",
    "Finding",
    "General",
    "Grade",
    "InputInfo",
    "Interval",
    "IsoDate",
    "Order",
    "PackId",
    "Part",
    "Percentile",
    "Prediction",
    "Probability",
    "Qc",
    "QcCheck",
    "ReferenceId",
    "RegimenEvidence",
    "RegimenResult",
    "ReliabilityGroup",
    "Rule",
    "SampleInfo",
    "SetSkill",
    "Setting",
    "Software",
    "Specimen",
    "Status",
    "Trial",
    "TumourContent",
    "Validation",
    "Verdict",
    "day_of",
    "drug_of",
    "known",
    "read_record",
    "rounded",
]
