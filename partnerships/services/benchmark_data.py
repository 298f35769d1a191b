"""Invented partnerships between real places, for measuring; never beside real ones.

The same number and seed give the same records on every machine and engine: nothing but the seed is random.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
import tempfile
from bisect import bisect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import models, transaction

from partnerships import search
from partnerships.models import (
    Actor,
    Citation,
    Country,
    Participation,
    Partnership,
    PartnershipTheme,
    Publication,
    Source,
    Theme,
)
from partnerships.package.tables import TABLES
from partnerships.services.loading import INVENTED_SOURCE, load

T = TypeVar("T")

MOST = 1_000_000
BATCH = 2_000  # a part of what the seed stands for: sources are shared within a batch
YEARS = (1955, 2026)
SHORTEST, LONGEST = 150, 600  # characters of a summary
WIDELY_CITED = 20  # sources that many records share, as the registers of sister ties are in the real data
FLATTENED_BY = 10  # of Zipf's law: gives the first place 1.5 % of a shore, as in the real data
PLACES = ("themes", "actors", "actor_names")


class BenchmarkDataError(Exception):
    """Why no records were invented, as one sentence."""


@dataclass(frozen=True)
class Weighted(Generic[T]):
    """Values that are drawn as often as their weights say."""

    values: list[T]
    cumulative: list[float]

    @classmethod
    def of(cls, pairs: list[tuple[T, float]]) -> Weighted[T]:
        return cls([value for value, _weight in pairs], list(itertools.accumulate(weight for _value, weight in pairs)))

    @classmethod
    def by_rank(cls, values: list[T], flattened_by: float) -> Weighted[T]:
        """Zipf's law: the weight of a value falls with its rank."""
        return cls.of([(value, 1 / (rank + flattened_by)) for rank, value in enumerate(values)])

    def draw(self, chance: random.Random) -> T:
        return self.values[bisect(self.cumulative, chance.random() * self.cumulative[-1], 0, len(self.values) - 1)]


def make_benchmark_data(
    *, partnerships: int, seed: int, report_progress: Callable[[str], None] | None = None
) -> dict[str, int]:
    """Invent this many published partnerships, all or none; return the numbers of new rows by table.

    Raises ``BenchmarkDataError`` where the database holds any partnership. Places and themes that are there are used;
    where there are none at all, those of the data package are loaded first. No history is written.
    """
    if not 1 <= partnerships <= MOST:
        raise BenchmarkDataError(f"The number of partnerships must be from 1 to {MOST:,}.")
    say = report_progress or (lambda text: None)
    with transaction.atomic():
        if held := Partnership.objects.count():
            raise BenchmarkDataError(
                f"This database holds {held:,} partnerships already, and invented records must never stand beside "
                "others; set DATABASE_URL to a database without partnerships."
            )
        if not Actor.objects.exists() and not Theme.objects.exists():
            say("loading the places and themes of the data package")
            _load_places()
        invention = _Invention(random.Random(seed))  # noqa: S311 (nothing secret: it must be repeatable)
        rows: Counter[str] = Counter()
        for start in range(0, partnerships, BATCH):
            end = min(start + BATCH, partnerships)
            rows.update(invention.write(range(start + 1, end + 1)))
            if end == partnerships or end % (10 * BATCH) == 0:
                say(f"{end:,} of {partnerships:,} partnerships")
        say("indexing them for the search")
        search.reindex()
    return dict(rows)


def _load_places() -> None:
    """Load the data package without its partnerships and sources."""
    with tempfile.TemporaryDirectory() as folder:
        write_places_package(Path(folder))
        load(path=Path(folder))


def write_places_package(folder: Path) -> None:
    """Write the part of the data package that invented records build on: places and themes."""
    for table in TABLES:
        content = (settings.FIXTURES_PACKAGE / table.file_name).read_bytes()
        (folder / table.file_name).write_bytes(content if table.name in PLACES else content.partition(b"\n")[0] + b"\n")


def _real(table: str, column: str) -> Counter[str]:
    """How often each value stands in a column of the data package; its distribution serves as the weights."""
    with (settings.FIXTURES_PACKAGE / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return Counter(row[column] for row in csv.DictReader(file))


def _as_real(table: str, column: str, otherwise: list[str]) -> Weighted[str]:
    """The values of a column as often as in the data package; all equally often where that has no rows."""
    counted = sorted(_real(table, column).items())
    return Weighted.of([*counted] or [(value, 1) for value in otherwise])


class _Invention:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        taking_part = _real("participations", "actor")
        self.actors: dict[str, Weighted[Actor]] = {}
        for shore in Country.values:
            here = Actor.objects.published().filter(country=shore)
            ranked = sorted(
                here.only("slug", "name", "name_ja", "country", "population"),
                key=lambda actor: (-taking_part[actor.slug], -(actor.population or 0), actor.slug),
            )
            if not ranked:
                raise BenchmarkDataError(
                    "This database has no published places on both shores; run load_directory into an empty one "
                    "and delete its partnerships, or start from a database without places."
                )
            self.actors[shore] = Weighted.by_rank(ranked, FLATTENED_BY)
        frequency = _real("partnership_themes", "theme")
        themes = sorted(Theme.objects.all(), key=lambda theme: (-frequency[theme.slug], theme.slug))
        self.themes = Weighted.by_rank(themes, 3)  # from 20 % down to 4 %, as in the real data
        self.kinds = _as_real("partnerships", "kind", Partnership.Kind.values)
        self.statuses = _as_real("partnerships", "status", Partnership.Status.values)
        self.roles = _as_real("participations", "role", Participation.Role.values)
        self.starts = _as_real("partnerships", "started", ["1955", "1990-01", "2026-01-01"])
        self.supports = _as_real("citations", "supports", Citation.Supports.values)
        self.source_kinds = _as_real("sources", "kind", Source.Kind.values)
        self.theme_numbers = Weighted.of([(0, 30), (1, 35), (2, 20), (3, 15)]) if themes else Weighted.of([(0, 1)])
        self.participant_numbers = Weighted.of([(2, 80), (3, 12), (4, 8)])
        self.source_numbers = Weighted.of([(1, 45), (2, 30), (3, 15), (4, 10)])
        self.lengths = Weighted.of([(SHORTEST, 40), (250, 30), (350, 20), (500, 10)])
        self.widely_cited: list[Source] = []
        self.sources_made = 0

    def write(self, numbers: range) -> dict[str, int]:
        sources = self.write_sources(max(1, len(numbers) // 2))
        if not self.widely_cited:
            self.widely_cited = sources[:WIDELY_CITED]
        drawn = [self.partnership(number) for number in numbers]
        _create(Partnership, [record for record, _actors, _themes in drawn])
        participations, links, citations = [], [], []
        for record, actors, themes in drawn:
            for position, actor in enumerate(actors, 1):
                role = Participation.Role.LEAD.value if position <= 2 else self.roles.draw(self.chance)
                participations.append(
                    Participation(partnership_id=record.pk, actor_id=actor.pk, role=role, position=position)
                )
            links += [PartnershipTheme(partnership_id=record.pk, theme_id=theme.pk) for theme in themes]
            citations += [
                Citation(partnership_id=record.pk, source_id=source.pk, supports=self.supports.draw(self.chance))
                for source in self.sources_of(sources)
            ]
        for model, rows in ((Participation, participations), (PartnershipTheme, links), (Citation, citations)):
            _create(model, rows)
        return {
            "partnerships": len(drawn),
            "participations": len(participations),
            "partnership_themes": len(links),
            "sources": len(sources),
            "citations": len(citations),
        }

    def write_sources(self, count: int) -> list[Source]:
        sources = []
        for number in range(self.sources_made + 1, self.sources_made + count + 1):
            year = int(YEARS[1] - (YEARS[1] - YEARS[0]) * self.chance.random() ** 2)
            is_japanese = self.chance.random() < 0.4
            sources.append(
                Source(
                    slug=f"{INVENTED_SOURCE}{number:07}",
                    title=f"創作資料 第{number}号（{year}年）" if is_japanese else f"Invented report {number} ({year})",
                    publisher="example.org",
                    url=f"https://example.org/invented/{number}",
                    kind=self.source_kinds.draw(self.chance),
                    language="ja" if is_japanese else "en",
                    published_on=str(year),
                )
            )
        self.sources_made += count
        return _create(Source, sources)

    def sources_of(self, made: list[Source]) -> list[Source]:
        found: dict[int, Source] = {}
        for _time in range(self.source_numbers.draw(self.chance)):
            pool = self.widely_cited if self.chance.random() < 0.2 else made
            source = pool[int(self.chance.random() * len(pool))]
            found[source.pk] = source
        return list(found.values())

    def partnership(self, number: int) -> tuple[Partnership, list[Actor], list[Theme]]:
        us, jp = (self.actors[shore].draw(self.chance) for shore in (Country.US, Country.JP))
        actors = {us.pk: us, jp.pk: jp}
        for _time in range(self.participant_numbers.draw(self.chance) - 2):
            further = self.actors[Country.US if self.chance.random() < 0.5 else Country.JP].draw(self.chance)
            actors[further.pk] = further
        themes: dict[int, Theme] = {}
        for _time in range(self.theme_numbers.draw(self.chance)):
            theme = self.themes.draw(self.chance)
            themes[theme.pk] = theme
        kind = self.kinds.draw(self.chance)
        status = self.statuses.draw(self.chance)
        started = self.start()
        topic, topic_ja = self.topic(list(themes.values()))
        us_ja, jp_ja = us.name_ja or us.name, jp.name_ja or jp.name
        words = {"us": us.name, "jp": jp.name, "topic": topic, "number": 3 + int(200 * self.chance.random() ** 3)}
        words_ja = {**words, "us": us_ja, "jp": jp_ja, "topic": topic_ja}
        title, title_ja = TITLES[kind]
        record = Partnership(
            slug=f"{us.slug[:40]}-{jp.slug[:40]}-{number:07}",
            title=(title % words)[:200],
            title_ja=(title_ja % words_ja)[:200],
            summary=self.text(SENTENCES, words, " "),
            summary_ja=self.text(SENTENCES_JA, words_ja, ""),
            kind=kind,
            status=status,
            started=started,
            ended=self.end(started) if status == Partnership.Status.ENDED else None,
            publication=Publication.PUBLISHED,
        )
        return record, list(actors.values()), list(themes.values())

    def start(self) -> str | None:
        """A day, a month, a year or nothing: within three years of a real start, known as exactly."""
        real = self.starts.draw(self.chance)
        if not real:
            return None
        year = int(real[:4]) + int(7 * self.chance.random()) - 3
        day = dt.date(min(max(year, YEARS[0]), YEARS[1]), 1, 1) + dt.timedelta(days=int(365 * self.chance.random()))
        return day.isoformat()[: len(real)]

    def end(self, started: str | None) -> str:
        first = int(started[:4]) if started else YEARS[0]
        return str(first + int((YEARS[1] - first + 1) * self.chance.random()))

    def topic(self, themes: list[Theme]) -> tuple[str, str]:
        if not themes:
            return GENERAL_TOPICS[int(len(GENERAL_TOPICS) * self.chance.random())]
        theme = themes[0]
        topics = TOPICS.get(theme.slug) or [(theme.name.lower(), theme.name_ja or theme.name)]
        return topics[int(len(topics) * self.chance.random())]

    def text(self, sentences: list[str], words: dict[str, Any], between: str) -> str:
        """Different sentences in a drawn order, until the text is long enough."""
        wanted = self.lengths.draw(self.chance)
        rest = list(sentences)
        text = ""
        while len(text) < wanted and rest:
            sentence = rest.pop(int(len(rest) * self.chance.random())) % words
            if len(text) + len(sentence) < LONGEST:
                text += between * bool(text) + sentence
        return text


def _create(model: type[models.Model], rows: list[Any]) -> list[Any]:
    return model._default_manager.bulk_create(rows)


# --- The words -----------------------------------------------------------------------------------------------------

TITLES = {
    "sister": ("%(us)s–%(jp)s sister cities", "%(us)s・%(jp)s 姉妹都市"),
    "friendship": ("%(us)s–%(jp)s friendship cities", "%(us)s・%(jp)s 友好都市"),
    "memorandum": ("%(us)s–%(jp)s memorandum on %(topic)s", "%(us)s・%(jp)s %(topic)sに関する覚書"),
    "programme": ("%(us)s–%(jp)s programme on %(topic)s", "%(us)s・%(jp)s %(topic)sプログラム"),
    "project": ("%(us)s–%(jp)s project: %(topic)s", "%(us)s・%(jp)s %(topic)s事業"),
    "research": ("%(us)s–%(jp)s joint research on %(topic)s", "%(us)s・%(jp)s %(topic)s共同研究"),
    "exchange": ("%(us)s–%(jp)s exchange on %(topic)s", "%(us)s・%(jp)s %(topic)s交流"),
    "network": ("%(us)s–%(jp)s network for %(topic)s", "%(us)s・%(jp)s %(topic)sネットワーク"),
    "event": ("%(us)s–%(jp)s conference on %(topic)s", "%(us)s・%(jp)s %(topic)s会議"),
}

GENERAL_TOPICS = [
    ("friendship between citizens", "市民の友好"),
    ("student exchange", "学生の交流"),
    ("local government", "地方行政"),
    ("home stays", "ホームステイ"),
]

TOPICS: dict[str, list[tuple[str, str]]] = {
    "ageing-depopulation": [
        ("care for older people", "高齢者の介護"),
        ("shrinking towns", "人口減少のまちづくり"),
    ],
    "agriculture": [
        ("agriculture", "農業"),
        ("school meals and local food", "学校給食と地元の食"),
        ("rice farming", "稲作"),
    ],
    "clean-energy": [
        ("clean energy", "クリーンエネルギー"),
        ("hydrogen", "水素"),
        ("clean energy and hydrogen", "水素などのクリーンエネルギー"),
        ("offshore wind", "洋上風力"),
        ("geothermal power", "地熱発電"),
    ],
    "climate": [
        ("climate action", "気候変動対策"),
        ("carbon neutrality", "脱炭素"),
        ("urban heat", "都市の暑さ対策"),
    ],
    "culture": [
        ("music and theatre", "音楽と演劇"),
        ("traditional crafts", "伝統工芸"),
        ("museums", "博物館"),
    ],
    "disaster-resilience": [
        ("earthquake preparedness", "地震への備え"),
        ("disaster prevention", "防災"),
        ("tsunami evacuation", "津波避難"),
    ],
    "education": [
        ("teacher exchange", "教員の交流"),
        ("language learning", "語学教育"),
        ("school exchange", "学校間の交流"),
    ],
    "environment": [
        ("waste and recycling", "ごみと再利用"),
        ("clean water", "水質保全"),
        ("parks and gardens", "公園と庭園"),
    ],
    "forestry": [
        ("forestry", "林業"),
        ("timber buildings", "木造建築"),
        ("forest fires", "山火事対策"),
    ],
    "health": [
        ("health technology", "医療技術"),
        ("public health", "公衆衛生"),
        ("nursing", "看護"),
    ],
    "inclusion": [
        ("women in leadership", "女性の活躍"),
        ("accessible cities", "バリアフリーのまち"),
        ("newcomers", "多文化共生"),
    ],
    "mobility": [
        ("railways", "鉄道"),
        ("electric buses", "電気バス"),
        ("cycling", "自転車のまちづくり"),
    ],
    "tech": [
        ("start-ups", "スタートアップ"),
        ("semiconductors", "半導体"),
        ("robotics", "ロボット"),
    ],
    "trade-investment": [
        ("trade and investment", "貿易と投資"),
        ("ports and shipping", "港湾と海運"),
        ("tourism", "観光"),
    ],
}

SENTENCES = [
    "%(us)s and %(jp)s work together on %(topic)s.",
    "The exchange began with a visit of a delegation from %(jp)s to %(us)s.",
    "Each year %(number)d students from both sides stay with host families.",
    "Officials of both governments meet every second year to agree on the next steps.",
    "A joint committee of residents, companies and universities prepares the work on %(topic)s.",
    "The agreement names education, culture, clean energy and trade as its fields.",
    "%(us)s shared its experience with forestry and with the care of public parks.",
    "%(jp)s presented its plans for hydrogen and for disaster prevention.",
    "Some %(number)d people took part in the first workshop on %(topic)s.",
    "The chambers of commerce support small companies that look for partners on the other shore.",
    "Since then staff have been exchanged for periods of up to twelve months.",
    "A garden in %(us)s, laid out by craftsmen from %(jp)s, recalls the anniversary.",
    "The results were published in English and in Japanese.",
    "After the earthquake %(us)s sent donations and volunteers to %(jp)s.",
    "The pandemic interrupted the visits; meetings continued online.",
    "A sister school programme connects %(number)d schools.",
    "The port authorities compare their ways of cutting emissions from ships.",
    "Young farmers from %(jp)s learn about large farms during a summer in %(us)s.",
]

SENTENCES_JA = [
    "%(us)sと%(jp)sは、%(topic)sの分野で協力しています。",
    "交流は、%(jp)sの代表団が%(us)sを訪問したことから始まりました。",
    "毎年、双方から合わせて%(number)d人の生徒が互いの家庭に滞在しています。",
    "両自治体の職員は隔年で会合を開き、次の取り組みを話し合っています。",
    "市民、企業、大学による合同委員会が、%(topic)sに関する事業を準備しています。",
    "協定では、教育、文化、クリーンエネルギー、貿易を協力の分野としています。",
    "%(us)sは、林業や公園の管理についての経験を紹介しました。",
    "%(jp)sは、防災と港湾の計画を説明しました。",
    "%(topic)sをテーマとする最初の研修会には、%(number)d人が参加しました。",
    "商工会議所は、相手国で取引先を探す中小企業を支援しています。",
    "その後、最長で一年間の職員の相互派遣が行われています。",
    "%(us)sには、%(jp)sの職人が手がけた庭園があり、周年を記念しています。",
    "成果は、英語と日本語の報告書として公表されました。",
    "震災の後、%(us)sから%(jp)sに義援金とボランティアが送られました。",
    "感染症の流行で訪問は中断しましたが、オンラインでの会合が続けられました。",
    "姉妹都市の学校間交流には、%(number)d校が参加しています。",
    "両港は、船舶からの排出を減らす方法を比較しています。",
    "%(jp)sの若い農業者が、夏の間、%(us)sの大規模な農場で学んでいます。",
    "姉妹都市提携の周年には、両市の市長が記念式典に出席しました。",
    "北米と日本の自治体が参加する会議で、%(topic)sの事例として紹介されました。",
]
