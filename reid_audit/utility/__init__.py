"""What altering a scan does to later analysis: measures of the original against the same measures of the defaced scan.

Measures come from a user's table (FreeSurfer or any other) or are quick ones of our own; how far they agree is judged
over people, beside the variation that the user calls usual.
"""

from __future__ import annotations

from reid_audit.utility.agreement import Agreement, agreement
from reid_audit.utility.centile import GrowthChart, centile, read_chart
from reid_audit.utility.measures import MEASURES, Measure, quick_measures
from reid_audit.utility.muscle import cross_section
from reid_audit.utility.noise import noise_level
from reid_audit.utility.tables import MEASURE_COLUMNS, read_measures
from reid_audit.utility.template import movement
from reid_audit.utility.yardstick import Yardstick, yardsticks

__all__ = [
    "MEASURES",
    "MEASURE_COLUMNS",
    "Agreement",
    "GrowthChart",
    "Measure",
    "Yardstick",
    "agreement",
    "centile",
    "cross_section",
    "movement",
    "noise_level",
    "quick_measures",
    "read_chart",
    "read_measures",
    "yardsticks",
]
