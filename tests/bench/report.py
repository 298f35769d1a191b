"""From figures to ratios, verdicts, a table, a plot and the README's section."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
SIZES = (600, 10_000, 100_000)
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SYSTEMS = {
    "fixed": "fixed body",
    "kept": "directory, kept",
    "cold": "directory, cold",
    "plain": "plain Django",
    "datasette": "Datasette",
}
PAGES = {
    "listing": "listing with facets",
    "filtered": "theme + state",
    "words": "“clean energy”",
    "japanese": "北九州",
    "deep": "deep page",
    "record": "record",
    "csv": "CSV of everything",
}

Figures = dict[str, Any]


def median(values: list[float]) -> float:
    return statistics.median(values)


def spread(values: list[float]) -> float:
    """How far the rounds lie apart, as a share of their median."""
    return (max(values) - min(values)) / median(values)


def cell(figures: Figures, size: int, engine: str, row: str, system: str) -> Figures | None:
    key = {"size": size, "engine": engine, "row": row, "system": system}
    return next((each for each in figures["measurements"] if key.items() <= each.items()), None)


def ratio(figures: Figures, size: int, engine: str, row: str, system: str, control: str) -> float | None:
    """How many times as many answers a second; None where one of the two was not measured.

    A control's own address stands for every page where it has only one.
    """
    subject = cell(figures, size, engine, row, system)
    other = cell(figures, size, engine, row, control)
    if not subject or not other or not subject.get("rounds") or not other.get("rounds"):
        return None
    return median(subject["rounds"]) / median(other["rounds"])


@dataclass(frozen=True)
class Target:
    """One line of what must be reached: the figure, and its bound for each size."""

    label: str
    bounds: tuple[float, float, float]
    figure: Callable[[Figures, int, str], float | None]
    at_most: bool = False
    unit: str = ""
    is_halved: bool = False  # on PostgreSQL

    def bound(self, size: int, engine: str) -> float:
        bound = self.bounds[SIZES.index(size)]
        return bound / 2 if self.is_halved and engine == "postgresql" else bound

    def is_met(self, value: float, size: int, engine: str) -> bool:
        bound = self.bound(size, engine)
        return value <= bound if self.at_most else value >= bound


def _against(row: str, system: str, control: str) -> Callable[[Figures, int, str], float | None]:
    return lambda figures, size, engine: ratio(figures, size, engine, row, system, control)


def _worst(rows: tuple[str, ...], system: str, control: str) -> Callable[[Figures, int, str], float | None]:
    def figure(figures: Figures, size: int, engine: str) -> float | None:
        found = [ratio(figures, size, engine, row, system, control) for row in rows]
        return min((each for each in found if each is not None), default=None)

    return figure


def _of(table: str, name: str) -> Callable[[Figures, int, str], float | None]:
    def figure(figures: Figures, size: int, engine: str) -> float | None:
        found = (each for each in figures[table] if (each["size"], each["engine"]) == (size, engine))
        return next((each[name] for each in found), None)

    return figure


TARGETS = [
    Target("kept / fixed body, slowest page", (0.9, 0.9, 0.9), _worst(tuple(PAGES)[:6], "kept", "fixed")),
    *(
        Target(f"{PAGES[row]}, cold / fixed body", bounds, _against(row, "cold", "fixed"), is_halved=True)
        for row, bounds in (
            ("listing", (0.30, 0.25, 0.12)),
            ("filtered", (0.30, 0.25, 0.12)),
            ("japanese", (0.30, 0.25, 0.12)),
            ("deep", (0.30, 0.25, 0.12)),
            ("words", (0.20, 0.12, 0.02)),
            ("record", (0.30, 0.30, 0.30)),
        )
    ),
    Target("listing, cold / Datasette", (40, 100, 300), _against("listing", "cold", "datasette"), is_halved=True),
    Target("listing, cold / plain Django", (15, 30, 100), _against("listing", "cold", "plain"), is_halved=True),
    Target("listing, kept / Datasette", (100, 300, 1000), _against("listing", "kept", "datasette")),
    Target("listing, kept / plain Django", (50, 100, 300), _against("listing", "kept", "plain")),
    Target("CSV of everything / plain Django", (50, 100, 100), _against("csv", "kept", "plain")),
    Target("first page after a change", (0.1, 1, 10), _of("changes", "seconds"), at_most=True, unit=" s"),
    Target("memory of one worker", (150, 200, 500), _of("memory", "rss"), at_most=True, unit=" MB"),
]


MOST_IN_DATABASE = 60  # ms of a listing at 1,000,000

TABLES = ("measurements", "sql", "changes", "memory", "crawl")


def added(before: Figures, figures: Figures) -> Figures:
    """The figures of one run, with those of earlier ones on sets of records that this one did not measure."""
    own = _sets(figures)
    kept = {table: [each for each in before[table] if _set(each) not in own] + figures[table] for table in TABLES}
    earlier = [
        *before.get("runs_before", []),
        {**{name: before[name] for name in ("command", "date", "commit")}, "sets": _sets(before)},
    ]
    together = {_set(each) for table in TABLES for each in kept[table]}
    not_run = [text for text in before["not_run"] if not text.endswith(tuple(own))]
    not_run += [text for text in figures["not_run"] if text not in together]
    left = [{**run, "sets": [name for name in run["sets"] if name not in own]} for run in earlier]
    return {
        **figures,
        **kept,
        "versions": before["versions"] | figures["versions"],
        "not_run": list(dict.fromkeys(not_run)),
        "runs_before": [run for run in left if run["sets"]],
    }


def _set(each: Figures) -> str:
    return f"{each['size']:,} on {ENGINES[each['engine']]}"


def _sets(figures: Figures) -> list[str]:
    """The sets of records that a run measured, without those of runs before it."""
    earlier = {name for run in figures.get("runs_before", []) for name in run["sets"]}
    measured = dict.fromkeys(_set(each) for table in TABLES for each in figures[table])
    return [name for name in measured if name not in earlier]


def short(value: float) -> str:
    """Three significant figures, without an exponent."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def targets_table(figures: Figures) -> list[str]:
    sizes = [size for size in SIZES if any(each["size"] == size for each in figures["measurements"])]
    engines = [engine for engine in ENGINES if any(each["engine"] == engine for each in figures["measurements"])]
    lines = [
        "| what must be reached | engine | " + " | ".join(f"{size:,}" for size in sizes) + " |",
        "| --- | --- |" + " --- |" * len(sizes),
    ]
    for target in TARGETS:
        for engine in engines:
            cells = [_verdict(target, figures, size, engine) for size in sizes]
            if any(cells):
                lines.append(
                    f"| {target.label} | {ENGINES[engine]} | " + " | ".join(each or "–" for each in cells) + " |"
                )
    return lines


def _verdict(target: Target, figures: Figures, size: int, engine: str) -> str:
    value = target.figure(figures, size, engine)
    if value is None:
        return ""
    sign = "≤" if target.at_most else "≥"
    word = "met" if target.is_met(value, size, engine) else "**NOT met**"
    return f"{short(value)}{target.unit} ({sign} {short(target.bound(size, engine))}) {word}"


def missed(figures: Figures) -> list[str]:
    found = []
    for target in TARGETS:
        for engine in ENGINES:
            for size in SIZES:
                value = target.figure(figures, size, engine)
                if value is not None and not target.is_met(value, size, engine):
                    found.append(f"{target.label}, {size:,} on {ENGINES[engine]}")
    return found


def rates_table(figures: Figures, size: int, engine: str) -> list[str]:
    """Answers a second and, for one visitor alone, the median time of an answer in milliseconds."""
    systems = [system for system in SYSTEMS if cell(figures, size, engine, "listing", system)]
    lines = [
        f"| {size:,} on {ENGINES[engine]} | " + " | ".join(SYSTEMS[system] for system in systems) + " |",
        "| --- |" + " ---: |" * len(systems),
    ]
    for row, label in PAGES.items():
        cells = [_rate(cell(figures, size, engine, row, system)) for system in systems]
        if any(each != "–" for each in cells):
            lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def _rate(found: Figures | None) -> str:
    if not found:
        return "–"
    if not found.get("rounds"):
        return str(found["note"])
    mark = "¹" if len(found["rounds"]) < 3 else ""
    return f"{short(median(found['rounds']))}/s{mark} ({short(found['alone'])} ms)"


def other_tables(figures: Figures) -> list[str]:
    lines = [
        "| database, ms | count | 25 rows | five facets | a listing of ours: in the database | statements | in all |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in figures["sql"]:
        sql, ours = each["sql"], each["ours"]
        values = (sql["count"], sql["rows"], sql["facets"], ours["database"])
        lines.append(
            f"| {each['size']:,} on {ENGINES[each['engine']]} | "
            + " | ".join(map(short, values))
            + f" | {ours['statements']} | {short(ours['whole'])} |"
        )
    lines += [
        "",
        "| after a published change | first page right | first page, s | all workers, s | readers' slowest page, ms |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for each in figures["changes"]:
        lines.append(
            f"| {each['size']:,} on {ENGINES[each['engine']]} | {'yes' if each['is_right'] else '**NO**'} | "
            f"{short(each['seconds'])} | {short(each['seconds_all'])} | {short(each['readers_worst'])} |"
        )
    return lines


def sentences(figures: Figures) -> list[str]:
    """What is no matter of a table: robots, and sets of records too large for any but the database."""
    lines = []
    for crawl in figures["crawl"]:
        before, during, after = (crawl[name] for name in ("before", "during", "after"))
        who = "One robot" if crawl["robots"] == 1 else f"{crawl['robots']:,} robots"
        answers = ", ".join(f"{count:,} by {status}" for status, count in sorted(crawl["statuses"].items()))
        lines += [
            "",
            f"{who} with {crawl['connections']} connections asked for {crawl['asked']:,} distinct addresses in "
            f"{crawl['seconds']:.0f} s ({_set(crawl)}; answered: {answers}). A visitor's page took p50/p95 "
            f"{short(before['p50'])}/{short(before['p95'])} ms before, {short(during['p50'])}/{short(during['p95'])} "
            f"during, {short(after['p50'])}/{short(after['p95'])} after; a worker's memory went from "
            f"{short(crawl['memory_before'])} to {short(crawl['memory_after'])} MB.",
        ]
    for each in figures["sql"]:
        if each["size"] not in SIZES:
            plain, ours = sum(each["sql"].values()), each["ours"]["database"]
            word = "met" if ours <= MOST_IN_DATABASE else "**NOT met**"
            lines += [
                "",
                f"{_set(each)}: a listing made anew takes {short(ours)} ms in the database (≤ {MOST_IN_DATABASE} ms: "
                f"{word}) and {short(each['ours']['whole'])} ms in all; the same in plain SQL {short(plain)} ms. The "
                f"first one after a start, which reads all records, took {short(each['ours']['first'] / 1000)} s.",
            ]
    return lines


def summary(figures: Figures) -> str:
    """What was run, what must be reached and was, and what was not run."""
    machine, versions = figures["machine"], figures["versions"]
    runs = [*figures.get("runs_before", []), {**figures, "sets": _sets(figures)}]
    lines = [
        "; ".join(
            f"`{run['command']}`, {run['date']}, commit {run['commit']} ({'; '.join(run['sets'])})" for run in runs
        )
        + f"; {machine['cores']} cores of "
        f"{machine['processor']}, {machine['memory']} GB; load by {figures['generator']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ".",
        "",
        *targets_table(figures),
        *sentences(figures),
    ]
    if figures["not_run"]:
        lines += ["", "Not run: " + "; ".join(figures["not_run"]) + "."]
    return "\n".join(lines) + "\n"


def markdown(figures: Figures) -> str:
    """The summary with all that was measured."""
    pairs = sorted(
        {(each["size"], each["engine"]) for each in figures["measurements"]},
        key=lambda pair: (list(ENGINES).index(pair[1]), pair[0]),
    )
    lines = [summary(figures)]
    for size, engine in pairs:
        lines += ["", *rates_table(figures, size, engine)]
    lines += [
        "",
        "Answers a second with 8 connections, medians of rounds measured in turn with the controls; in parentheses the "
        "median time for one visitor alone. ¹ Fewer than three rounds, because one takes many seconds.",
        "",
        *other_tables(figures),
    ]
    return "\n".join(lines) + "\n"


# --- The plot ------------------------------------------------------------------------------------------------------

FILLS = {"fixed": "#fff", "kept": "#000", "cold": "#555", "plain": "#aaa", "datasette": "url(#lines)"}


def svg(figures: Figures) -> str:
    """Answers a second for the listing, on a logarithmic scale; readable in black and white."""
    groups = []
    for engine in ENGINES:
        for size in SIZES:
            found = [(system, cell(figures, size, engine, "listing", system)) for system in SYSTEMS]
            bars = [(system, median(each["rounds"])) for system, each in found if each and each.get("rounds")]
            if bars:
                groups.append((f"{size:,} partnerships, {ENGINES[engine]}", bars))
    low, high = -2, 5  # powers of ten
    left, width, bar, gap = 130, 460, 16, 34
    height = 30 + sum(gap + bar * len(bars) for _label, bars in groups) + 10
    title = "Answers a second for the listing with five facets, logarithmic scale"
    described = "; ".join(
        f"{label}: " + ", ".join(f"{SYSTEMS[system]} {short(value)}" for system, value in bars)
        for label, bars in groups
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 90} {height}" role="img" '
        'aria-labelledby="title description" font-family="sans-serif" font-size="12">',
        f'<title id="title">{title}</title>',
        f'<desc id="description">{escape(described)}.</desc>',
        '<defs><pattern id="lines" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="5" height="5" fill="#fff"/><path d="M0 5L5 0" stroke="#000"/></pattern></defs>',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="8" y="18" font-weight="bold">{title}</text>',
    ]
    y = 30
    for label, bars in groups:
        parts.append(f'<text x="{left}" y="{y + 22}">{label}</text>')
        y += gap - 6
        for system, value in bars:
            share = (math.log10(max(value, 10**low)) - low) / (high - low)
            parts.append(
                f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{SYSTEMS[system]}</text>'
                f'<rect x="{left}" y="{y + 1}" width="{share * width:.1f}" height="{bar - 3}" fill="{FILLS[system]}" '
                f'stroke="#000"/><text x="{left + share * width + 5:.1f}" y="{y + 12}">{short(value)}</text>'
            )
            y += bar
        y += 6
    return "\n".join([*parts, "</svg>"]) + "\n"


def update_readme(readme: Path, figures: Figures) -> None:
    """Replace what stands between the markers; everything else stays as it is."""
    text = readme.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise SystemExit(f"{readme} must contain {BEGIN} and {END} once each, in this order; it was left as it is.")
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{summary(figures)}{END}{after}", encoding="utf-8")


def write(folder: Path, figures: Figures) -> None:
    (folder / "bench.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(svg(figures), encoding="utf-8")
