"""Progress where nobody watches."""

from __future__ import annotations

import io

from reid_audit.cli.progress import PlainLines, telling


def test_plain_lines_come_at_the_start_every_ten_seconds_and_at_the_end() -> None:
    now = [0.0]
    stream = io.StringIO()
    tell = PlainLines(stream, clock=lambda: now[0])
    for done in range(31):
        now[0] = done * 4.0
        tell("scans", done, 30)
    tell("report", 0, 1)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "scans: 0 of 30"
    assert lines[1] == "scans: 3 of 30, about 2 min left"
    assert lines[-3] == "scans: 27 of 30, about 12 s left"
    assert lines[-2] == "scans: 30 of 30"
    assert lines[-1] == "report: 0 of 1"
    assert len(lines) == 1 + 9 + 1 + 1


def test_quiet_says_nothing(capsys) -> None:
    with telling(quiet=True) as tell:
        tell("scans", 1, 2)
    assert capsys.readouterr() == ("", "")
