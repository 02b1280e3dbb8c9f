"""No markup is made but by templates, which escape whatever is put into them."""

import ast
import importlib.resources
import re

import jinja2
import pytest

from slceleb_core.pages.markup import environment, rendered, verbatim

SOURCE = importlib.resources.files("slceleb_core")

MODULES = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}

TEMPLATES = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.html")}

ESCAPING = {"html", "markupsafe", "xml.sax.saxutils", "cgi"}
"""What is of use only to those who put markup together by hand."""

TAGS = {tag for path in TEMPLATES.values() for tag in re.findall(r"<([a-zA-Z!][a-zA-Z0-9]*)", path.read_text("utf-8"))}

MARKUP = re.compile(rf"</?({'|'.join(TAGS)})(?![\w-])|&(lt|gt|amp|quot|#\w+);")
"""A tag that pages are made of, whole or its beginning, or an entity."""

HONEST = {
    "review/page.py": {"<script", "</script"},  # what `data_of` looks for
    "corpus/redaction.py": {"&amp;", "&lt;", "&gt;", "&quot;", "&#x27;"},  # how names stand in pages
    "evaluation/reading.py": {"<video"},  # a column of RTTM
}
"""What looks like markup, by module; none of it is written into a page."""


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def literals(tree):
    """Yield all text of a module, that in f-strings included, but for docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_a_module_that_fills_templates_is_found():
    assert {"batch/summary_page.py", "corpus/report_page.py", "evaluation/page.py", "review/page.py"} <= set(MODULES)
    assert {"batch/summary_page.html", "pages/base.html", "review/page.html"} <= set(TEMPLATES)


def made_by_hand(text):
    """Return the markup that a module makes, and what it imports to make it."""
    if not MARKUP.search(text) and not any(name in text for name in ESCAPING):
        return set()
    tree = ast.parse(text)
    return {found.group() for text in literals(tree) for found in MARKUP.finditer(text)} | ESCAPING & set(
        imported(tree)
    )


def test_no_module_makes_markup_by_hand():
    found = {module: made_by_hand(path.read_text("utf-8")) for module, path in MODULES.items()}
    found["pages/markup.py"] -= {"markupsafe"}
    assert {module: made for module, made in found.items() if made - HONEST.get(module, set())} == {}


@pytest.mark.parametrize(
    "line", ['f"<p>{name}</p>"', '"<div class=" + name', "from html import escape", 'x.replace("<", "&lt;")']
)
def test_markup_by_hand_is_seen(line):
    assert made_by_hand(line)


def test_only_styles_and_scripts_of_the_program_are_left_unescaped():
    named = {module for module, path in MODULES.items() if re.search(r"verbatim|Markup\(", path.read_text("utf-8"))}
    assert named == {"pages/markup.py", "review/page.py"}
    for path in TEMPLATES.values():
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text("utf-8"))


def test_every_template_can_be_read():
    for template in TEMPLATES:
        environment().get_template(template)


def test_what_is_put_into_a_template_is_escaped_and_nothing_may_be_missing():
    assert environment().from_string("<i>{{ name }}</i>").render(name="<b>'\"&") == "<i>&lt;b&gt;&#39;&#34;&amp;</i>"
    with pytest.raises(jinja2.UndefinedError, match="'title' is undefined"):
        rendered("pages/base.html")


def test_a_style_that_could_end_its_element_is_refused():
    assert verbatim("a > b {}") == "a > b {}"
    with pytest.raises(ValueError, match="must not hold"):
        verbatim("a {} </style><script>")
