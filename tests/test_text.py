"""What a text consists of for a search: folding, tokens, loose forms, queries, and the places to mark."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partnerships.text import (
    FORGIVEN_FROM,
    FORGIVEN_TO,
    GAP,
    LONGEST_TOKEN,
    LOOSE,
    MOST_CHARACTERS,
    MOST_WORDS,
    Markable,
    Query,
    fold,
    is_japanese,
    loose,
    loose_whole,
    one_error_away,
    pairs,
    parse,
    pieces,
    tokens,
    whole,
)

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
# What matters to the code is more likely to come up than by chance among all of Unicode.
typed = st.one_of(
    anything,
    st.lists(
        st.sampled_from(
            [*" \"“”-－−　\t\n\0%_*:()\\'ʻ/.+&<>|!", "北九州", "ｶﾞ", "Ōsaka", "e\u0301", "ﷺ", "a", "the", "U.S.", "OR"]
        ),
        max_size=40,
    ).map("".join),
)


def wanted(query: Query) -> list[str]:
    return [word.typed for word in query.wanted]


# --- Folding -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("KITAKYUSHU", "kitakyushu"),
        ("Kitakyūshū", "kitakyushu"),
        ("Ōsaka", "osaka"),
        ("Kitakyu\u0304shu\u0304", "kitakyushu"),
        ("São Paulo", "sao paulo"),
        ("ｈｙｄｒｏｇｅｎ", "hydrogen"),
        ("２０２４", "2024"),
        ("ｺｳﾍﾞ", "こうべ"),
        ("コウベ", "こうべ"),
        ("ガ", "カ\u3099"),
        ("ｶﾞ", "が"),
        ("ケヶヵ", "けけか"),
        ("Hawaiʻi", "hawaii"),
        ("Hawai‘i", "Hawai'i"),
        ("Coeur d’Alene", "coeur dalene"),
        ("U.S.", "US"),
        ("U.S.A.", "usa"),
        ("Straße", "strasse"),
        ("廣島縣", "広島県"),
        ("渡邊・渡邉", "渡辺・渡辺"),
        ("國會議事堂", "国会議事堂"),
        ("櫻井", "桜井"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_what_people_type_differently_is_folded_alike(written: str, typed: str) -> None:
    assert fold(written) == fold(typed)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("つ", "づ"), ("東京", "京都"), ("a", "b")])
def test_what_means_something_else_is_not_folded_alike(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(anything)
def test_folding_a_folded_text_changes_nothing_that_is_searched_for(text: str) -> None:
    assert pieces(fold(text)) == pieces(text)


def unmarked(text: str) -> str:
    """The text without accents and signs that have no width, character by character."""
    apart = unicodedata.normalize("NFKD", text)
    seen = (
        sign
        for sign in apart
        if sign in "\u3099\u309a" or sign > "\uffff" or unicodedata.category(sign) not in {"Mn", "Cf"}
    )
    return unicodedata.normalize("NFC", "".join(seen))


@given(
    st.one_of(
        anything,
        st.lists(st.sampled_from([*"aeéōōōかがカｶﾞヴé", "e\u0301", "か\u3099", "\u0301", "\u200b"])).map("".join),
    )
)
@example("\u0390\u0308")
def test_folding_leaves_no_accent_and_nothing_without_a_width(text: str) -> None:
    assert unmarked(fold(text)) == fold(text)
    # Accents that are typed apart from their letters are the same accents.
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


# --- Tokens --------------------------------------------------------------------------------------------------------


def test_a_latin_word_is_one_token_and_a_japanese_run_its_pairs_and_its_last_character() -> None:
    assert tokens(["Port of 北九州市"]) == ["port", "of", "北九", "九州", "州市", "市", GAP]


def test_scripts_are_told_apart_within_a_word() -> None:
    assert pieces("JETプログラム2024年") == ["jet", "ぷろぐらむ", "2024", "年"]


def test_a_gap_stands_between_two_texts_and_loose_forms_come_last() -> None:
    assert tokens(["Programmes", "two"]) == ["programmes", GAP, "two", GAP, LOOSE + loose("programmes")]


def test_any_part_of_a_japanese_run_is_made_of_its_tokens() -> None:
    run = "北九州市立大学"
    stored = tokens([run])
    parts = {run[start:end] for start in range(len(run)) for end in range(start + 1, len(run) + 1)}
    unfound = [part for part in parts if len(part) > 1 and not set(pairs(part)) <= set(stored)]
    # A single character is the beginning of a pair, or the last one alone.
    unfound += [character for character in run if not any(token.startswith(character) for token in stored)]
    assert unfound == []


@pytest.mark.parametrize("name", ["Salt Lake City", "salt-lake city", "Salt  Lake\tCity", "SALT LAKE CITY"])
def test_a_whole_name_is_one_token(name: str) -> None:
    assert whole(name) == "saltlakecity"


@pytest.mark.parametrize(("one", "other"), [("Saint Paul", "St. Paul"), ("Mount Vernon", "Mt Vernon"), ("Ōtsu", "Otu")])
def test_whole_names_have_a_loose_form_too(one: str, other: str) -> None:
    assert whole(one) != whole(other)
    assert loose_whole(one) == loose_whole(other)


@given(typed)
@example("ﷺ" * 400)
@example("x" * 10_000)
@example("𐌰" * 1_000)
def test_no_token_holds_a_blank_or_a_sign_of_the_engines_or_is_too_long_for_them(text: str) -> None:
    for token in [*tokens([text]), whole(text), loose_whole(text)]:
        assert not set(token) & set(" \t\r\n\0\"'\\:*&|!()<>")
        assert len(token.encode()) < 2_046


def test_a_word_too_long_for_a_token_is_found_by_its_beginning() -> None:
    [term] = parse("x" * MOST_CHARACTERS).words[0].terms
    first, *_others = tokens(["x" * LONGEST_TOKEN + "y"])
    assert term.is_prefix and first.startswith(term.tokens[0])


# --- Loose forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kitakyūshū", "kitakyuushuu"),
        ("Kitakyushu", "Kitakyuushuu"),
        ("Oosaka", "Osaka"),
        ("Ohsaka", "Osaka"),
        ("Ōsaka", "Oosaka"),
        ("Kōbe", "Koube"),
        ("Monbetsu", "Mombetsu"),
        ("Namba", "Nanba"),
        ("Shinjuku", "Sinzyuku"),
        ("Tsushima", "Tusima"),
        ("Fukuoka", "Hukuoka"),
        ("Chiba", "Tiba"),
        ("Dotchi", "Docchi"),
        ("Saint", "St."),
        ("Mount", "Mt."),
        ("Fort", "Ft."),
        ("programme", "program"),
        ("programmes", "programs"),
        ("ageing", "aging"),
        ("harbour", "harbor"),
        ("centre", "center"),
        ("organisation", "organization"),
        ("travelling", "traveling"),
        ("cities", "city"),
        ("forests", "forest"),
        ("buses", "bus"),
        ("charging", "charger"),
    ],
)
def test_spellings_of_one_word_have_one_loose_form(one: str, other: str) -> None:
    assert loose(fold(one).rstrip(".")) == loose(fold(other).rstrip("."))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kobe", "Kyoto"),
        ("Seattle", "Seatac"),
        ("Portland", "Poland"),
        ("Tokyo", "Toyo"),
        ("Ōita", "Ōta"),
        ("Fuji", "Fujin"),
    ],
)
def test_different_names_have_different_loose_forms(one: str, other: str) -> None:
    assert loose(fold(one)) != loose(fold(other))


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=40))
def test_a_loose_form_is_never_empty_nor_much_longer_than_the_word(word: str) -> None:
    assert bool(loose(word)) == bool(word)
    assert len(loose(word)) <= 2 * len(word)


# --- Queries -------------------------------------------------------------------------------------------------------


def test_words_are_taken_one_by_one_and_the_last_one_may_go_on() -> None:
    query = parse("seattle kob")
    assert wanted(query) == ["seattle", "kob"]
    assert [term.is_prefix for word in query.words for term in word.terms] == [False, True]


@pytest.mark.parametrize("typed", ["kobe ", '"kobe"', "-kobe", "k"])
def test_a_word_that_is_finished_does_not_go_on(typed: str) -> None:
    assert [term.is_prefix for word in parse(typed).words for term in word.terms] == [False]


@pytest.mark.parametrize("typed", ['"salt lake"', "“salt lake”", "「salt lake」", "«salt lake»", "＂salt lake＂"])
def test_quotes_of_every_kind_make_a_phrase(typed: str) -> None:
    [word] = parse(typed).words
    assert (word.is_phrase, word.terms[0].tokens) == (True, ("salt", "lake"))


def test_a_phrase_keeps_words_that_say_nothing_by_themselves() -> None:
    assert parse('"port of the city"').words[0].terms[0].tokens == ("port", "of", "the", "city")


@pytest.mark.parametrize("minus", ["-", "－", "−"])
def test_a_minus_before_a_word_or_a_phrase_excludes_it(minus: str) -> None:
    query = parse(f'kobe {minus}port {minus}"sister city"')
    assert (wanted(query), [word.typed for word in query.excluded]) == (["kobe"], ["port", "sister city"])


def test_a_minus_within_a_word_excludes_nothing() -> None:
    query = parse("Winston-Salem")
    assert (query.excluded, [term.tokens for term in query.words[0].terms]) == ([], [("winston",), ("salem",)])


@pytest.mark.parametrize("typed", ["kobe-shi", "Kobe-Shi", "kōbe-shi"])
def test_the_japanese_word_for_city_behind_a_name_is_left_out(typed: str) -> None:
    assert [term.tokens for term in parse(typed).words[0].terms] == [("kobe",)]


@pytest.mark.parametrize("typed", ['"salt lake', 'salt "lake', 'salt lake"', '""salt lake"', '"salt" "lake'])
def test_a_quote_that_is_never_closed_loses_no_word(typed: str) -> None:
    found = [token for word in parse(typed).wanted for term in word.terms for token in term.tokens]
    assert found == ["salt", "lake"]


@pytest.mark.parametrize("typed", ["", " ", "　", '"', '""', "-", "--", '-""', "...", "!?%", "🦀", "\0", "'", '" - "'])
def test_signs_only_are_no_query(typed: str) -> None:
    assert not parse(typed)


def test_words_that_say_nothing_are_left_out_beside_others_and_used_alone() -> None:
    assert (wanted(parse("the port of kobe")), wanted(parse("of the"))) == (["port", "kobe"], ["of", "the"])


def test_so_many_words_and_characters_are_used_and_no_more() -> None:
    assert not parse(" ".join(["word"] * MOST_WORDS)).is_shortened
    many = parse(" ".join(f"w{number}" for number in range(MOST_WORDS + 1)))
    assert (len(many.words), many.is_shortened) == (MOST_WORDS, True)
    assert not parse("x" * MOST_CHARACTERS).is_shortened
    assert parse("x" * (MOST_CHARACTERS + 1)).is_shortened


def test_a_query_can_be_written_without_one_of_its_words_or_with_another() -> None:
    query = parse('seatle "sister city" -port')
    first, second, third = query.words
    assert query.without(first) == '"sister city" -port'
    assert query.without(third) == 'seatle "sister city"'
    assert query.respelt({first: "Seattle"}) == 'Seattle "sister city" -port'
    assert wanted(query.only(second)) == ["sister city"]


@given(typed)
@example("ﷺ" * 300)
@example('"' * 300)
@example("- " * 300)
def test_whatever_is_typed_gives_a_bounded_query(text: str) -> None:
    query = parse(text)
    assert len(query.words) <= MOST_WORDS
    terms = [term for word in query.words for term in word.terms]
    assert all(terms) and all(word.terms for word in query.words)
    assert sum(len(term.tokens) for term in terms) <= 18 * MOST_CHARACTERS
    for token in (token for term in terms for token in (*term.tokens, term.loose)):
        assert not set(token) & set(" \t\r\n\0\"'\\:*&|!()<>")


@given(st.lists(st.sampled_from(["kobe", '"salt lake"', "-port", '-"sister city"', "北九州", "Winston-Salem", "the"])))
def test_a_query_written_down_again_is_understood_the_same(words: list[str]) -> None:
    query = parse(" ".join(words))
    again = parse(query.respelt({}))
    assert [(word.is_excluded, word.is_phrase) for word in again.words] == [
        (word.is_excluded, word.is_phrase) for word in query.words
    ]


# --- Marks ---------------------------------------------------------------------------------------------------------


def marked(text: str, typed: str) -> str:
    pieces = []
    done = 0
    for start, end in Markable(text).spans(parse(typed)):
        pieces += [text[done:start], "[", text[start:end], "]"]
        done = end
    return "".join([*pieces, text[done:]])


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("Kobe and Seattle", "seattle kobe ", "[Kobe] and [Seattle]"),
        ("Harbours of hope", "harbor ", "[Harbours] of hope"),
        ("Portland and port", "port", "[Portland] and [port]"),
        ("Portland and port", "port ", "Portland and [port]"),
        ("the Kitakyūshū tie", "kitakyushu", "the [Kitakyūshū] tie"),
        ("the Kitakyu\u0304shu\u0304 tie", "kitakyushu", "the [Kitakyu\u0304shu\u0304] tie"),
        ("Hawaiʻi’s ports", "hawaii ", "[Hawaiʻi’s] ports"),
        ("Hawaiʻi ports", "hawaii", "[Hawaiʻi] ports"),
        ("姉妹都市の北九州市", "北九州", "姉妹都市の[北九州]市"),
        ("姉妹都市の北九州市", "市", "姉妹都[市]の北九州[市]"),
        ("ｺｳﾍﾞ市", "こうべ", "[ｺｳﾍﾞ]市"),
        ("コウベ市", "神戸 こうべ", "[コウベ]市"),
        ("Salt Lake City and a salt lake", '"salt lake"', "[Salt Lake] City and a [salt lake]"),
        ("Kobe without Seattle", "kobe -seattle", "[Kobe] without Seattle"),
        ("nothing here", "else", "nothing here"),
        ("広島と廣島", "広島", "[広島]と[廣島]"),
    ],
)
def test_what_was_found_is_marked_as_it_is_written(text: str, typed: str, shown: str) -> None:
    assert marked(text, typed) == shown


@given(typed, typed)
@example("ｶﾞｶﾞe\u0301ﷺß", "が e ß")
@example("İstanbul", "i")
def test_marks_lie_within_the_text_in_order_and_apart(text: str, query: str) -> None:
    spans = Markable(text).spans(parse(query))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(st.lists(st.sampled_from(["Kobe", "ports", "北九州", "ｺｳﾍﾞ", "São", "and"]), min_size=1, max_size=8))
def test_every_word_of_a_text_is_marked_when_it_is_searched_for(words: list[str]) -> None:
    text = " ".join(words)
    for word in set(words) - {"and"}:
        assert f"[{word}]" in marked(text, f"{word} ")


# --- Typing errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["seatle", "seatttle", "saettle", "seaxtle"])
def test_one_letter_too_many_too_few_wrong_or_changed_round_is_one_error(typed: str) -> None:
    assert "seattle" in one_error_away(typed)


@pytest.mark.parametrize("word", ["kobe", "x" * (FORGIVEN_TO + 1), "神戸神戸神戸", "2024-25", "são paulo", ""])
def test_a_short_a_very_long_and_no_latin_word_are_taken_as_they_are(word: str) -> None:
    assert one_error_away(word) == set()


@given(st.text("abcdefghij", min_size=FORGIVEN_FROM, max_size=FORGIVEN_TO))
def test_no_word_is_an_error_of_itself_and_errors_go_both_ways(word: str) -> None:
    away = one_error_away(word)
    assert word not in away
    other = min(away)
    assert not FORGIVEN_FROM <= len(other) <= FORGIVEN_TO or word in one_error_away(other)


@given(anything)
def test_a_piece_is_either_japanese_or_it_is_not(text: str) -> None:
    for piece in pieces(text):
        assert is_japanese(piece) or not any(is_japanese(character) for character in piece)
        assert not any(unicodedata.category(character).startswith("Z") for character in piece)
