"""Write the published JSON Schemas of what is handed on, into docs/schemas; a test holds them against the code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"


def schemas() -> dict[str, dict[str, Any]]:
    """Return each schema by the name of its file."""
    from reid_audit.gating import ATTESTATION_VERSION, attestation_schema
    from reid_audit.report import SCHEMA_VERSION
    from reid_audit.report.schema import report_schema

    return {
        f"attestation-{ATTESTATION_VERSION}.json": attestation_schema(),
        f"report-{SCHEMA_VERSION}.json": report_schema(),
    }


def main() -> int:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
