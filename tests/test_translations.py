"""The Japanese catalogue: complete, in line with the sources, and looked up by Django under the same texts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from tests import translations
from tests.translations import PO, ROOT, Text

GREETING = 'from django.utils.translation import gettext as _\n\nTEXT = _("Welcome, %(name)s")\n'


def plant(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


def translate(root: Path, words: Callable[[Text], str]) -> None:
    """Update the catalogue and translate every text in it."""
    catalogue = translations.update(root)
    for message in translations.messages(catalogue):
        word = words(Text.of(message))
        message.string = word if isinstance(message.id, str) else (word,)
    translations.write(root, catalogue)


def edit(root: Path, old: str, new: str) -> None:
    """Change the .po by hand, and compile it."""
    text = (root / PO).read_text(encoding="utf-8")
    assert old in text
    (root / PO).write_text(text.replace(old, new), encoding="utf-8")
    (root / PO).with_suffix(".mo").write_bytes(translations.compiled(translations.read(root)))


def texts(root: Path) -> set[Text]:
    return {Text.of(message) for message in translations.messages(translations.extracted(root))}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one text, which is translated."""
    plant(tmp_path, "partnerships/greeting.py", GREETING)
    translate(tmp_path, lambda text: "%(name)sさん、ようこそ")
    return tmp_path


# --- The catalogue of the directory --------------------------------------------------------------------------------


def test_everything_is_translated() -> None:
    assert translations.problems(ROOT) == []


def test_the_check_is_one_line_where_all_is_well_and_needs_no_gettext() -> None:
    run = subprocess.run(
        [sys.executable, "tests/translations.py", "check"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("OK: ")
    assert run.stdout.count("\n") == 1


def test_django_speaks_japanese() -> None:
    with translation.override("ja"):
        assert gettext("Partnerships") == "連携"
        assert gettext("U.S.–Japan Partnerships Directory") == "日米自治体連携ディレクトリ"


def test_django_finds_the_plural_in_japanese() -> None:
    with translation.override("ja"):
        found = [ngettext("%(shown)s partnership", "%(shown)s partnerships", number) for number in (1, 631)]
        assert found == ["%(shown)s件の連携"] * 2


def test_django_finds_a_text_with_its_context() -> None:
    with translation.override("ja"):
        assert pgettext("between several names", ", ") == "、"


def test_english_stays_as_it_is_written() -> None:
    with translation.override("en"):
        assert gettext("Partnerships") == "Partnerships"
        assert ngettext("%(shown)s partnership", "%(shown)s partnerships", 2) == "%(shown)s partnerships"


# --- What the check finds ------------------------------------------------------------------------------------------


def test_a_translated_project_has_no_problems(root: Path) -> None:
    assert translations.problems(root) == []


def test_it_finds_a_text_that_is_not_in_the_catalogue(root: Path) -> None:
    plant(root, "templates/page.html", '{{ pgettext("at the door", "Goodbye") }}')
    assert translations.problems(root) == ["missing: “Goodbye” (at the door), in templates/page.html"]


def test_it_finds_a_text_that_is_not_translated(root: Path) -> None:
    plant(root, "templates/page.html", '{{ _("Goodbye") }}')
    translations.update(root)
    assert translations.problems(root) == ["untranslated: “Goodbye”"]


def test_it_finds_a_plural_that_is_not_translated(root: Path) -> None:
    plant(root, "templates/page.html", "{% trans n=n %}{{ n }} tie{% pluralize %}ties{% endtrans %}")
    translations.update(root)
    assert translations.problems(root) == ["untranslated: “%(n)s tie”"]


def test_it_finds_a_translation_that_is_not_certain(root: Path) -> None:
    edit(root, "#, python-format", "#, fuzzy, python-format")
    assert translations.problems(root) == ["fuzzy: “Welcome, %(name)s”"]


def test_it_finds_a_text_that_is_no_longer_used(root: Path) -> None:
    plant(root, "partnerships/greeting.py", "")
    assert translations.problems(root) == ["obsolete: “Welcome, %(name)s”"]


def test_it_finds_a_text_that_is_kept_as_a_comment(root: Path) -> None:
    with (root / PO).open("a", encoding="utf-8") as file:
        file.write('\n#~ msgid "Hello"\n#~ msgstr "こんにちは"\n')
    assert translations.problems(root) == ["obsolete: “Hello”"]


@pytest.mark.parametrize(
    ("wrong", "different"),
    [
        ("ようこそ", "%(name)s"),
        ("%(names)sさん、ようこそ", "%(name)s %(names)s"),
        ("%(name)dさん、ようこそ", "%(name)d %(name)s"),
        ("%(name)sさん、100%ようこそ", "%"),
    ],
)
def test_it_finds_placeholders_that_differ(root: Path, wrong: str, different: str) -> None:
    edit(root, "%(name)sさん、ようこそ", wrong)
    assert translations.problems(root) == [f"placeholders differ ({different}): “Welcome, %(name)s”"]


def test_a_doubled_percent_sign_is_no_placeholder(root: Path) -> None:
    edit(root, "%(name)sさん、ようこそ", "%(name)sさん、100%%ようこそ")
    assert translations.problems(root) == []


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_it_finds_a_compiled_file_that_is_out_of_date(root: Path, damage: Callable[[Path], Any]) -> None:
    damage((root / PO).with_suffix(".mo"))
    assert translations.problems(root) == [
        "partnerships/locale/ja/LC_MESSAGES/django.mo is not what django.po compiles to"
    ]


def test_every_problem_is_named_on_failure(root: Path) -> None:
    plant(root, "templates/page.html", '{{ _("One") }}{{ _("Two") }}')
    found = translations.main(["check"], root)
    assert found == "missing: “One”, in templates/page.html\nmissing: “Two”, in templates/page.html"


# --- What an update does -------------------------------------------------------------------------------------------


def test_an_update_keeps_translations_and_drops_what_is_not_used(root: Path) -> None:
    plant(root, "partnerships/other.py", GREETING.replace("Welcome", "Goodbye"))
    translations.update(root)
    (root / "partnerships" / "other.py").unlink()
    translations.update(root)
    assert translations.problems(root) == []
    assert "Goodbye" not in (root / PO).read_text(encoding="utf-8")


def test_an_update_guesses_nothing(root: Path) -> None:
    plant(root, "partnerships/greeting.py", GREETING.replace("Welcome,", "Welcome!"))
    translations.update(root)
    assert translations.problems(root) == ["untranslated: “Welcome! %(name)s”"]


def test_an_update_of_what_is_up_to_date_changes_no_byte(root: Path) -> None:
    files = [root / PO, (root / PO).with_suffix(".mo")]
    before = [path.read_bytes() for path in files]
    translations.update(root)
    assert [path.read_bytes() for path in files] == before


def test_a_text_that_moves_within_its_file_changes_no_byte(root: Path) -> None:
    before = (root / PO).read_bytes()
    plant(root, "partnerships/greeting.py", "\n\n" + GREETING)
    translations.update(root)
    assert (root / PO).read_bytes() == before


# --- Which texts are found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ('_("a")', Text("a")),
        ('gettext("a")', Text("a")),
        ('gettext_lazy("a" "b")', Text("ab")),
        ('gettext_noop("a")', Text("a")),
        ('translation.gettext("a")', Text("a")),
        ('ngettext("a", "b", 2)', Text("a", "b")),
        ('ngettext_lazy("a", "b", "n")', Text("a", "b")),
        ('pgettext("c", "a")', Text("a", context="c")),
        ('pgettext_lazy("c", "a")', Text("a", context="c")),
        ('npgettext("c", "a", "b", 2)', Text("a", "b", "c")),
        ('npgettext_lazy("c", "a", "b", 2)', Text("a", "b", "c")),
        ('f"{x or _("a")}"'.replace('_("a")', "_('a')"), Text("a")),
        ('_("a %(b)s") % {"b": _("a %(b)s")}', Text("a %(b)s")),
    ],
)
def test_a_text_in_python_is_found(tmp_path: Path, code: str, text: Text) -> None:
    plant(tmp_path, "partnerships/code.py", f"x = {code}\n")
    assert texts(tmp_path) == {text}


def test_a_function_is_found_under_the_name_it_is_imported_as(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "config/code.py",
        "from django.utils.translation import gettext_lazy as later, pgettext as _, ngettext as several\n"
        'x = [later("a"), _("c", "b"), several("d", "e", 2)]\n',
    )
    assert texts(tmp_path) == {Text("a"), Text("b", context="c"), Text("d", "e")}


def test_a_text_that_is_put_together_at_run_time_is_not_taken_for_one(tmp_path: Path) -> None:
    plant(tmp_path, "config/code.py", 'x = [_(y), _(f"a {y}"), not_("a")]\n')
    assert texts(tmp_path) == set()


def shown_in_japanese(root: Path, settings: Any, engine: str, source: str) -> str:
    """A template of the project with every text that is found in it translated, as the engine shows it."""
    translate(root, lambda text: f"訳：{text.plural or text.singular}" + f"（{text.context}）" * bool(text.context))
    settings.LOCALE_PATHS = [root / "partnerships" / "locale"]
    with translation.override("ja"):
        return engines[engine].from_string(source).render({"name": "Kobe"})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('{{ _("Welcome") }}', "訳：Welcome"),
        ("<p title=\"{{ _('Welcome') }}\">", '<p title="訳：Welcome">'),
        ('{{ _("50%% more") }}', "訳：50% more"),
        ('{{ gettext("To %(x)s", x=name) }}', "訳：To Kobe"),
        ('{{ pgettext("month", "May") }}', "訳：May（month）"),
        ('{{ ngettext("a tie", "%(num)s ties", 2) }}', "訳：2 ties"),
        ('{% set word = _("Welcome") %}{{ word }}', "訳：Welcome"),
        ('{{ name or _("Nobody") }} {{ "" or _("Welcome") }}', "Kobe 訳：Welcome"),
        ("{% trans %}50% of {{ name }}{% endtrans %}", "訳：50% of Kobe"),
        ("{% trans x=name %}To {{ x }}{% endtrans %}", "訳：To Kobe"),
        ("<p>\n  {% trans %}\n    Two\n    lines\n  {% endtrans %}\n</p>", "<p>\n訳：Two lines\n</p>"),
        ("{% trans n=2 %}a tie{% pluralize %}{{ n }} ties{% endtrans %}", "訳：2 ties"),
        ('{% trans "month" %}May{% endtrans %}', "訳：May（month）"),
        ('{% trans "sea" n=2 %}a tide{% pluralize %}{{ n }} tides{% endtrans %}', "訳：2 tides（sea）"),
        ('{% macro m() %}{{ _("Welcome") }}{% endmacro %}{{ m() }}', "訳：Welcome"),
        ("{% trans x='<b>' %}To {{ x }}{% endtrans %}", "訳：To &lt;b&gt;"),
    ],
)
def test_a_text_in_a_page_is_found_as_it_is_looked_up(tmp_path: Path, settings: Any, source: str, shown: str) -> None:
    plant(tmp_path, "templates/page.html", source)
    assert shown_in_japanese(tmp_path, settings, "jinja2", source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('{% translate "Welcome" %}', "訳：Welcome"),
        ("<ul>\n    <li>\n  {% translate 'Welcome' %}\n      </li>", "<ul>\n    <li>\n  訳：Welcome\n      </li>"),
        ('{% translate "50% more" %}', "訳：50% more"),
        ('{% translate "May" context "month" %}', "訳：May（month）"),
        ('{% translate "Welcome" as word %}{{ word }}', "訳：Welcome"),
        ("{% blocktranslate %}50% of {{ name }}{% endblocktranslate %}", "訳：50% of Kobe"),
        ("{% blocktranslate with x=name %}To {{ x }}{% endblocktranslate %}", "訳：To Kobe"),
        ("{% blocktranslate %}\n  As it\n  stands{% endblocktranslate %}", "訳：\n  As it\n  stands"),
        ("{% blocktranslate trimmed %}\n  Two\n  lines\n{% endblocktranslate %}", "訳：Two lines"),
        ("{% blocktranslate count n=2 %}a tie{% plural %}{{ n }} ties{% endblocktranslate %}", "訳：2 ties"),
        ('{% blocktranslate context "month" %}May{% endblocktranslate %}', "訳：May（month）"),
        (
            '{% blocktranslate count n=2 context "sea" %}a tide{% plural %}{{ n }} tides{% endblocktranslate %}',
            "訳：2 tides（sea）",
        ),
        ('{{ _("Welcome") }}', "訳：Welcome"),
        ('{{ _("50% more") }}', "訳：50%% more"),  # Django doubles the sign and leaves it so
        ('{{ nothing|default:_("Welcome") }}', "訳：Welcome"),
        ('{% firstof _("Welcome") %}', "訳：Welcome"),
    ],
)
def test_a_text_in_an_admin_template_is_found_as_django_looks_it_up(
    tmp_path: Path, settings: Any, source: str, shown: str
) -> None:
    plant(tmp_path, "partnerships/templates/admin/page.html", source)
    assert shown_in_japanese(tmp_path, settings, "django", "{% load i18n %}" + source) == shown
