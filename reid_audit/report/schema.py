"""The published form of ``report.json``: every key, what stands under it, and the JSON Schema of it all."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ReportDocument", "report_schema"]

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Scalar = str | float | int | bool | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Statement(_Part):
    """What the results say about one condition."""

    condition: str
    text: str
    readings: list[str]
    figure: str


class Number(_Part):
    """One result, never alone: attacker, condition, people, limits, chance and control stand beside the value."""

    attacker: str | None
    matcher: str | None
    embedder: str | None
    condition: str
    metric: str
    k: int | None
    value: float | None
    low: float | None
    high: float | None
    confidence: Share | None
    n_subjects: Count
    n_probes: Count
    chance: float | None
    control: float | None
    relation: Literal["", "same-scan", "cross-session"]
    note: str
    group: str


class Answers(_Part):
    """How many files of a release have each answer of the triage."""

    face: Count
    none: Count
    cannot_tell: Count
    unaudited: Count


class ReleaseFacts(_Part):
    """What was answered for every file of the release; what somebody waived stands in the attestation."""

    complete: bool
    n_files: Count
    answers: Answers


class Lost(_Part):
    """What could not be done, under pseudonyms."""

    stage: str
    subject: str
    session: str
    condition: str
    sample: str
    what: str
    remedy: str


class RebuiltFacts(_Part):
    """A condition that an attacker made of released scans, by rebuilding faces; nobody releases it."""

    condition: str
    made_of: str
    attacker: str
    control: bool


class CohortFacts(_Part):
    """How many people, scans and photographs there were; scans that attackers made are counted for themselves."""

    name: str
    phantom: bool
    n_people: int
    n_scans: int
    n_rebuilt: int
    n_controls: int
    n_photos: int
    n_sessions: int
    scans_per_condition: dict[str, int]
    scans_per_modality: dict[str, int]
    rebuilt: list[RebuiltFacts]
    notes: list[str]


class ThreatModel(_Part):
    """Who attacked, with what in hand."""

    name: str
    holds: str
    knows: str
    wants: str
    matcher: str


class Model(_Part):
    """A model that looked at something, with its licence and the hashes of its weights."""

    name: str
    version: str
    licence: str
    weights_sha256: list[str]
    dimension: int
    needs: list[str]


class Question(_Part):
    """A question of a law, and what was measured that has to do with it."""

    law: Literal["GDPR", "HIPAA"]
    question: str
    source: str
    relates: str
    measured: list[str]


class Laws(_Part):
    """Questions of two laws, and the statement that this is no answer to them."""

    statement: str
    questions: list[Question]


class Methods(_Part):
    """How it was made, for a paper."""

    paragraph: str
    bibtex: str


class ReportDocument(_Part):
    """Everything of a report that may be shared."""

    schema_version: Literal["1.4"]
    complete: bool
    population: str
    cohort: CohortFacts
    verdict: list[Statement]
    limits: list[str]
    not_assessed: list[str]
    release: ReleaseFacts | None
    results: list[Number]
    differences: list[dict[str, Scalar]]
    failures: list[Lost]
    detection: list[dict[str, Scalar]]
    surfaces: list[dict[str, Scalar]]
    attackers: list[ThreatModel]
    models: list[Model]
    laws: Laws
    methods: Methods
    settings: dict[str, Any]
    provenance: dict[str, Any]
    pictures_withheld: bool


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``report.json``."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return schema | ReportDocument.model_json_schema()
