from __future__ import annotations

import builtins
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from sample_report import FIXED, PAGES, article_curve, check_report, fix_report, verify_report

from lossfix.model import Curve, FileReport, Report
from lossfix.report import RENDERERS, ReportError, Style
from lossfix.report.inputs import in_words
from lossfix.report.picture import loss_picture, slope_picture, thumbnails, ticks

VOID = {"meta", "link", "br", "img", "col", "input", "hr"}
REPORTS = {"check": check_report(), "fix": fix_report(), "verify": verify_report()}


class Page(HTMLParser):
    """Reads a page strictly: every tag is closed by its own, and links are collected."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def render(report):
    return RENDERERS["html"](report, Style(pages=PAGES))


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_needs_no_network_and_no_script(name):
    page = Page(render(REPORTS[name]))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    published = {page.url for page in PAGES.values()}
    assert all(link.startswith("#") or link in published for link in page.links)
    assert "url(" not in render(REPORTS[name])
    assert "@import" not in render(REPORTS[name])


def test_the_verdict_comes_first():
    text = render(fix_report())
    assert text.index("3 losses fixed") < text.index("<h1") + 100 < text.index("<h2>Losses")


def test_a_page_of_a_clean_run_is_good_news():
    assert '<h1 class="good">Nothing found' in render(Report("check", "0.1.0", checked=2))


def test_nothing_of_the_code_is_taken_for_markup():
    outcome = replace(FIXED, loss="</td><script>alert(1)</script>")
    report = Report("fix", "0.1.0", (FileReport("a<b>.py", outcomes=(outcome,)),))
    assert "script" not in Page(render(report)).tags


def test_a_file_name_that_is_no_text_is_shown_escaped():
    report = Report("check", "0.1.0", (FileReport("a.py"),), unreadable=("a\udcff.py: gone",))
    assert "a\\udcff.py" in render(report)


def test_the_page_tells_how_to_run_it_again_and_where_it_was_measured():
    text = "".join(Page(render(fix_report())).words)
    assert "lossfix fix ." in text
    assert "2.21.0" in text


def test_without_jinja_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **keywords):
        if name.startswith("jinja2"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.delitem(sys.modules, "jinja2", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportError, match=r"pip install 'lossfix\[report\]'"):
        render(fix_report())


@pytest.mark.parametrize("draw", [loss_picture, slope_picture])
def test_a_picture_shows_before_and_after(draw):
    picture = ElementTree.fromstring(draw(article_curve()))
    kinds = [path.get("class") for path in picture.iter("path")]
    assert kinds.count("before") == kinds.count("after") == 1


def test_a_curve_is_lifted_where_it_has_no_value():
    curve = Curve(0.0, (0.0, 1.0, 2.0, 3.0), (0.0, None, 1.0, 2.0), (None,) * 4)
    picture = ElementTree.fromstring(loss_picture(curve))
    (path,) = (p for p in picture.iter("path") if p.get("class") == "before")
    assert path.get("d", "").count("M") == 2


def test_a_loss_without_a_gradient_says_so_in_its_picture():
    curve = Curve(0.0, (0.0, 1.0), (0.0, 1.0), (None, None), (0.0, 1.0), (1.0, 1.0))
    assert "before: no slope at all" in slope_picture(curve)


@pytest.mark.parametrize("values", [(0.0, 0.0), (1e300, -1e300), (1e-300, 2e-300), (5.0, 5.0)])
def test_any_scale_can_be_drawn(values):
    ElementTree.fromstring(loss_picture(Curve(0.0, (0.0, 1.0), values, (None, None))))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 17), (0.1, 0.11), (1e6, 3e6)])
def test_ticks_are_few_and_within_the_axis(low, high):
    places = ticks(low, high)
    assert 2 <= len(places) <= 6
    margin = 1e-6 * (high - low)
    assert all(low - margin <= place <= high + margin for place in places)


def test_the_table_of_losses_shows_each_curve_in_small():
    page = render(fix_report())
    drawn = [each for each in fix_report().outcomes if each.verdict and each.verdict.curve]
    assert page.count('<svg class="small"') == 2 * len(drawn)


def test_inputs_are_told_in_words():
    assert in_words("pos scaled by 2") == "positive numbers, one per sample, scaled by 2 (pos)"
    assert in_words("another") == "inputs of the family another"


def test_values_beyond_all_measure_leave_a_gap_and_no_error():
    values = (-1.7e308, None, 0.0, 1.7e308, 1.0)
    curve = Curve(0.5, (0.0, 0.25, 0.5, 0.75, 1.0), values, values, values, values)
    for picture in (loss_picture(curve), slope_picture(curve), *thumbnails(curve)):
        ElementTree.fromstring(picture)
        assert "nan" not in picture
        assert "inf" not in picture
