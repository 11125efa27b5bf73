"""The report in a real browser: from disk, without a request, without a complaint, with every figure drawn."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from report_samples import CONDITIONS, findings
from typer.testing import CliRunner

from benchmarks.chromium import DRAWN, Browser, draw_all
from reid_audit.cli.app import app
from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.report import write_report
from reid_audit.report.pdf import find_chromium, print_pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chromium import Visit

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
NEEDED = "REID_AUDIT_NEEDS_CHROMIUM"
"""Set where a missing browser is a failure and no reason to skip."""


@pytest.fixture(scope="module")
def chromium() -> Path:
    """The browser; without one the test is skipped, and fails where one was promised."""
    path = find_chromium()
    if path is None and os.environ.get(NEEDED):
        pytest.fail(f"No Chromium, although {NEEDED} is set: tools/system-packages chromium")
    if path is None:
        pytest.skip("REPORT NOT TESTED IN A BROWSER: no Chromium; install Debian's package chromium.")
    return path


@pytest.fixture(scope="module")
def browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(chromium, tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    picture = (np.add.outer(np.arange(60), np.arange(90)) * 7 % 251).astype(np.uint8)
    pictures = dict.fromkeys(CONDITIONS, picture)
    return write_report(findings(pictures=pictures), tmp_path_factory.mktemp("report")).as_uri()


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Visit:
    page = browser.visit(address)
    draw_all(page)
    return page


def test_it_opens_from_disk_and_asks_for_nothing(opened: Visit, address: str) -> None:
    assert opened.requests == [address]
    assert opened.complaints == []
    assert opened.ask("document.title").startswith("Re-identification audit")


def test_every_picture_and_every_chart_is_drawn(opened: Visit) -> None:
    images = opened.ask("[...document.images].map((each) => each.naturalWidth)")
    assert len(images) >= 8
    assert min(images) > 50
    charts = opened.ask(
        f"[...document.querySelectorAll('{DRAWN}')].map((each) => "
        "each.querySelectorAll('.chart .trace, .chart .heatmaplayer image').length)"
    )
    assert len(charts) == 6
    assert min(charts) >= 3
    sizes = opened.ask("[...document.querySelectorAll('.chart .main-svg')].map((each) => each.clientWidth)")
    assert min(sizes) > 300


def test_a_condition_is_hidden_and_shown_again(opened: Visit) -> None:
    figure = f"document.querySelectorAll('{DRAWN}')[1]"
    lines = f"{figure}.querySelectorAll('.chart .scatterlayer .js-line').length"
    before = opened.ask(lines)
    toggle = f"[...{figure}.querySelectorAll('.bar button')].find((each) => each.textContent === 'zero')"
    opened.ask(f"{toggle}.click()")
    opened.wait(f"{lines} < {before}")
    assert opened.ask(f"{toggle}.getAttribute('aria-pressed')") == "false"
    opened.ask(f"{toggle}.click()")
    opened.wait(f"{lines} === {before}")
    assert opened.ask(f"{toggle}.getAttribute('aria-pressed')") == "true"


def test_keys_read_a_chart_point_by_point(opened: Visit) -> None:
    figure = f"document.querySelectorAll('{DRAWN}')[1]"
    said = f"{figure}.querySelector('.said').textContent"
    opened.ask(f"{figure}.querySelector('.chart').focus()")
    opened.press("ArrowRight")
    opened.wait(f"{said} !== ''")
    first = opened.ask(said)
    assert first.startswith("original, Rank k: 1, Mate among the k best: ")
    assert first.endswith("%")
    opened.press("ArrowRight")
    assert "Rank k: 2" in opened.ask(said)
    opened.press("ArrowDown")
    assert opened.ask(said).startswith("meanface")
    assert opened.ask(f"{figure}.querySelectorAll('.hoverlayer .hovertext').length") >= 1
    opened.press("Escape")
    assert opened.ask(said) == ""


def test_the_pointer_is_told_what_the_picture_of_rates_says(opened: Visit) -> None:
    told = opened.ask(f"document.querySelector('{DRAWN} .chart').data.map((each) => each.hovertext[0])")
    whole = [words.replace("<br>", " ") for words in told]
    assert any("photo-nearest" in words and "of 16 people" in words and "interval" in words for words in whole)
    assert max(len(line) for words in told for line in words.split("<br>")) <= 70


def test_the_still_picture_comes_back(opened: Visit) -> None:
    figure = f"document.querySelectorAll('{DRAWN}')[2]"
    button = f"[...{figure}.querySelectorAll('.bar button')].at(-1)"
    shown = f"{figure}.querySelector('img').getBoundingClientRect().width"
    assert opened.ask(shown) < 5
    opened.ask(f"{button}.click()")
    assert opened.ask(shown) > 300
    assert opened.ask(f"{button}.textContent") == "Chart"
    opened.ask(f"{button}.click()")
    assert opened.ask(shown) < 5


@pytest.mark.parametrize(("media", "width"), [("", 1000), ("print", 680)])
def test_no_column_of_a_table_is_cut(browser: Browser, address: str, media: str, width: int) -> None:
    page = browser.visit(address)
    page.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.command("Emulation.setEmulatedMedia", media=media)
    cut = page.ask(
        "[...document.querySelectorAll('.scroll:has(table)')].filter((each) => each.scrollWidth > each.clientWidth)"
        ".map((each) => each.getAttribute('aria-label'))"
    )
    assert cut == []


def test_on_paper_there_are_still_pictures(opened: Visit) -> None:
    opened.command("Emulation.setEmulatedMedia", media="print")
    displays = "[...document.querySelectorAll('.chart, .bar, .said')].map((each) => getComputedStyle(each).display)"
    assert set(opened.ask(displays)) == {"none"}
    widths = f"[...document.querySelectorAll('{DRAWN} img')].map((each) => each.clientWidth)"
    assert min(opened.ask(widths)) > 50
    paper = opened.command("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert len(paper) > 100_000
    opened.command("Emulation.setEmulatedMedia", media="")


def test_without_scripts_everything_stands_there(browser: Browser, address: str) -> None:
    page = browser.visit(address, scripts=False)
    assert page.requests == [address]
    assert page.complaints == []
    assert page.ask("Math.min(...[...document.images].map((each) => each.naturalWidth))") > 50
    assert page.ask("document.querySelectorAll('.bar, .chart').length") == 0


def test_names_from_outside_run_nothing(browser: Browser, tmp_path: Path) -> None:
    base = findings(phantom=False)

    def renamed(values):
        return tuple(replace(each, condition=EVIL) if each.condition == "zero" else each for each in values)

    changed = findings(phantom=False, results=renamed(base.results), scores=renamed(base.scores))
    written = write_report(changed, tmp_path).as_uri()
    page = browser.visit(written)
    draw_all(page)
    assert page.requests == [written]
    assert page.complaints == []
    assert page.happened("Page.javascriptDialogOpening") == []
    assert page.ask("document.querySelectorAll('img[src=x]').length") == 0
    assert "<script>" in page.ask("document.querySelectorAll('.bar')[1].textContent")


def test_the_report_and_the_attestation_become_pdf(chromium: Path, tmp_path: Path) -> None:
    write_report(findings(), tmp_path)
    (tmp_path / "attestation.html").write_text('<a href="report.html">attested</a>')
    done = CliRunner().invoke(app, ["pdf", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for name in ("report.pdf", "attestation.pdf"):
        printed = tmp_path / name
        assert printed.read_bytes().startswith(b"%PDF-")
        assert tmp_path.name.encode() not in printed.read_bytes()
        assert stat.S_IMODE(printed.stat().st_mode) == 0o600
    assert (tmp_path / "report.pdf").stat().st_size > 100_000
    write_report(findings(), tmp_path)
    assert not (tmp_path / "report.pdf").exists(), "of an earlier report"


def test_a_browser_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "bin" / "chromium"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=os.pathsep)
    (tmp_path / "page.html").write_text("<p>x</p>")
    with pytest.raises(MissingResourceError, match="printed nothing within 1 seconds"):
        print_pdf(tmp_path / "page.html", tmp_path / "page.pdf", seconds=1.0)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    assert not (tmp_path / "page.pdf").exists()


def test_without_a_browser_or_a_report_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no page"):
        print_pdf(tmp_path / "none.html", tmp_path / "none.pdf")
    done = CliRunner().invoke(app, ["pdf", str(tmp_path / "nothing")])
    assert done.exit_code == 2
    assert "no finished report" in done.output
    assert not (tmp_path / "nothing").exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "report.html").write_text("<p>x</p>")
    done = CliRunner().invoke(app, ["pdf", str(tmp_path)])
    assert done.exit_code == 1
    assert "No browser that prints was found" in done.output
    assert "package chromium" in done.output
