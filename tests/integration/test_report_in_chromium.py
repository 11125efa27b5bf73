"""The report in a real browser: from disk, without a request, without a complaint, with every figure drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from chromium import Browser, Visit
from report_samples import CONDITIONS, findings

from reid_audit.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
DRAWN = "figure.drawn"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as running:
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


def draw_all(page: Visit) -> None:
    """Bring every figure near the window, one after the other."""
    page.command("Page.bringToFront")
    for place in range(page.ask(f"document.querySelectorAll('{DRAWN}').length")):
        page.ask(f"document.querySelectorAll('{DRAWN}')[{place}].scrollIntoView({{behavior: 'instant'}})")
        page.wait(f"document.querySelectorAll('{DRAWN}')[{place}].querySelector('.said') !== null")


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
