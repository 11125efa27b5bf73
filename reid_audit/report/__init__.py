"""What an audit found, on paper: a page that opens from disk, JSON, tables, and the figures for notebooks.

What is shared holds no face of a real person and no original identifier; the key to the pseudonyms stays in a private
folder beside it. Compute lives elsewhere: here numbers are put into words, tables and figures.
"""

from __future__ import annotations

from reid_audit.report.assessed import assessed
from reid_audit.report.document import SCHEMA_VERSION
from reid_audit.report.figures import figure_cmc, figure_densities, figure_det, figure_rates, figure_roc
from reid_audit.report.pictures import figure_detection
from reid_audit.report.searching import figure_gallery, figure_open_set
from reid_audit.report.tables import PHANTOM_NOTICE, RESULT_KEYS, results_table
from reid_audit.report.verdict import verdict
from reid_audit.report.write import PRIVATE, names_in, write_report

__all__ = [
    "PHANTOM_NOTICE",
    "PRIVATE",
    "RESULT_KEYS",
    "SCHEMA_VERSION",
    "assessed",
    "figure_cmc",
    "figure_densities",
    "figure_det",
    "figure_detection",
    "figure_gallery",
    "figure_open_set",
    "figure_rates",
    "figure_roc",
    "names_in",
    "results_table",
    "verdict",
    "write_report",
]
