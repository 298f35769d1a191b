"""Texts that become scripts, elements, attributes or requests wherever somebody forgets to escape them.

Each one would open a dialog, ask the host ``canary.invalid`` for something, or leave an element or an attribute called
``canary`` in the page.
"""

from __future__ import annotations

import contextlib

from django.db import IntegrityError, models, transaction

from partnerships.models import PartialDateField

HOST = "canary.invalid"

PAYLOADS = [
    # Elements, and the ends of whatever they may stand in.
    "<script canary>alert(1)</script>",
    '"><script canary>alert(1)</script>',
    "'><img canary src=x onerror=alert(1)>",
    f"<img canary src=//{HOST}/i onerror=alert(1)>",
    "</textarea></title></select></style></noscript><canary>",
    "--><img canary src=x onerror=alert(1)>",
    "<a canary href=javascript:alert(1)>x</a>",
    '<iframe canary srcdoc="<script>parent.alert(1)</script>">',
    f"<object canary data=//{HOST}/o></object>",
    f"<base canary href=//{HOST}/>",
    f"<link canary rel=stylesheet href=//{HOST}/c.css>",
    f'<meta canary http-equiv=refresh content="0;url=//{HOST}/">',
    f"<form canary action=//{HOST}/><button autofocus>",
    # Attributes: in double quotes, in single ones, in none.
    '" autofocus onfocus=alert(1) canary="',
    "' autofocus onfocus=alert(1) canary='",
    "x autofocus onfocus=alert(1) canary",
    # Addresses.
    "javascript:alert(1)//",
    "jav\tascript:alert(1)",
    "data:text/html,<script canary>alert(1)</script>",
    # SVG, MathML, and what changes its meaning when it is parsed a second time.
    "<svg canary onload=alert(1)>",
    f"<svg><script canary href=//{HOST}/s.js /></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img canary src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img canary src=x onerror=alert(1)>">',
    # Scripts and data in scripts.
    "</script><script canary>alert(1)</script>",
    "<!--<script>",
    "\\u003cimg canary src=x onerror=alert(1)\\u003e",
    '";alert(1);//',
    "');alert(1);//",
    "`${alert(1)}`",
    # Templates, and the attributes that our own scripts obey.
    "{{ 7 * 7 }}{% canary %}${7*7}#{7*7}",
    f"<div canary hx-get=//{HOST}/h hx-trigger=load data-hx-on:load=alert(1)>",
    # Styles.
    f"x:expression(alert(1));background:url(//{HOST}/u)",
    f"</style><style canary>*{{background:url(//{HOST}/u)}}</style>",
    # Letters that one does not see, and many of them.
    "\u202e<img canary src=x onerror=alert(1)>\u2066",
    "\ufeff<\u200bscript canary>alert(1)</script>",
    "A" * 200 + "<img canary src=x onerror=alert(1)>",
]
# Nothing that takes part in an address or names a record for programs: pages are found by it.
NOT_TEXTS = {"code", "wikidata_id", "reference", "digest", "key", "client", "path", "role", "register", "table", "kind"}

# What a page has of them when it should have nothing; looked for after its own scripts have run.
FOUND_IN_PAGE = """() => {
  const found = [...document.querySelectorAll("canary, [canary]")].map(each => each.outerHTML.slice(0, 200));
  for (const each of document.querySelectorAll("[href], [src], [action], [formaction]"))
    for (const name of ["href", "src", "action", "formaction"])
      if (/^(javascript|data|vbscript):/i.test((each.getAttribute(name) ?? "").replace(/[\\s\\u0000-\\u001f]/g, "")))
        found.push(each.outerHTML.slice(0, 200));
  for (const each of document.querySelectorAll("*"))
    for (const attribute of each.attributes)
      if (/^on/i.test(attribute.name)) found.push(each.outerHTML.slice(0, 200));
  return found;
}"""


def text(start: int, length: int | None = None) -> str:
    """All of them, one after the other, beginning with another one; as many as go into ``length`` whole."""
    first = start % len(PAYLOADS)
    ordered = [*PAYLOADS[first:], *PAYLOADS[:first]]
    whole = ""
    for each in ordered:
        if length is None or len(whole) + len(each) + 1 <= length:
            whole += f"{each}\n" if length is None else f"{each} "
    return whole.strip()


def fill(record: models.Model, start: int) -> None:
    """Put them into every text of a record, past all forms, and into its addresses as far as those allow it."""
    values = {}
    for number, field in enumerate(record._meta.concrete_fields, start):
        match field:
            case models.SlugField() | models.EmailField() | PartialDateField() | models.ForeignKey():
                continue
            case models.URLField():
                values[field.name] = f"https://example.org/?{PAYLOADS[number % len(PAYLOADS)][:180]}".replace(" ", "+")
            case models.CharField() | models.TextField() if not (field.choices or field.name in NOT_TEXTS):
                values[field.name] = text(number, field.max_length)
    rows = type(record)._base_manager.filter(pk=record.pk)
    for name, value in values.items():
        with contextlib.suppress(IntegrityError), transaction.atomic():  # some may only be set together with others
            rows.update(**{name: value})
    record.refresh_from_db()
