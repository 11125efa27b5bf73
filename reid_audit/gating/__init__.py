"""The release gate: from what a run measured to a verdict with an exit status, an attestation, and its check.

``measuring`` counts people in the scores of a run, ``evidence`` keeps the counts and the hashes of the released scans,
``gate`` holds them against a threshold, ``attestation`` writes down what was audited, ``verifying`` compares a folder
with it, ``signing`` signs it, ``planning`` says how many people it takes. Only the first two see a run; the others need
nothing but its OUT, and work after a purge.
"""

from __future__ import annotations

from reid_audit.gating.attestation import (
    ATTESTATION,
    ATTESTATION_VERSION,
    Attestation,
    AttestedFile,
    SignOff,
    attest,
    attestation_schema,
    write_attestation,
)
from reid_audit.gating.digests import voxel_digest
from reid_audit.gating.evidence import begin_evidence, write_evidence
from reid_audit.gating.gate import Gated, Verdict, gate
from reid_audit.gating.limits import FEWEST_PEOPLE, FPIR, FPIR_IN_WORDS, GateLimits, make_limits
from reid_audit.gating.measuring import measure
from reid_audit.gating.page import attestation_page, write_page
from reid_audit.gating.planning import Attack, Plan, attacks_of, plan
from reid_audit.gating.reading import read_record
from reid_audit.gating.records import EVIDENCE, TRIAGE, Evidence, Measured, Released, Triage, Triaged, Worst
from reid_audit.gating.series import AttestedSeries
from reid_audit.gating.signing import is_signed_by, make_key, needs_passphrase, sign_file
from reid_audit.gating.verifying import Compared, compare_release
from reid_audit.gating.waivers import Waiver, read_waivers
from reid_audit.gating.words import in_words

__all__ = [
    "ATTESTATION",
    "ATTESTATION_VERSION",
    "EVIDENCE",
    "FEWEST_PEOPLE",
    "FPIR",
    "FPIR_IN_WORDS",
    "TRIAGE",
    "Attack",
    "Attestation",
    "AttestedFile",
    "AttestedSeries",
    "Compared",
    "Evidence",
    "GateLimits",
    "Gated",
    "Measured",
    "Plan",
    "Released",
    "SignOff",
    "Triage",
    "Triaged",
    "Verdict",
    "Waiver",
    "Worst",
    "attacks_of",
    "attest",
    "attestation_page",
    "attestation_schema",
    "begin_evidence",
    "compare_release",
    "gate",
    "in_words",
    "is_signed_by",
    "make_key",
    "make_limits",
    "measure",
    "needs_passphrase",
    "plan",
    "read_record",
    "read_waivers",
    "sign_file",
    "voxel_digest",
    "write_attestation",
    "write_evidence",
    "write_page",
]
