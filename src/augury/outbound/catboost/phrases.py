"""Makes short texts of the words and phrases in `tone_phrases.toml`: the same ones at every call.

Words of a tone stand beside neutral nouns, openers and sentences, so that only they tell the tone.
"""

import random
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("tone_phrases.toml")
TONES = ("negative", "neutral", "positive")
_SEED = 5
_FRAMES, _MIXED, _PLAIN = 300, 500, 600
"""Texts of each tone and language that are made of words, and of two sentences; neutral sentences alone."""
_QUESTION = re.compile(
    r"(а |но )?(где|кто|кто-нибудь|что|как|сколько|откуда|какая|какой|во сколько|ты о чём|о каком|у кого|"
    r"можно|в каком|почему|зачем|а если|where|who|what|how|which|does|anyone|why|is that)\b"
)
_EMOJI = {"positive": "😂 ❤️ 😍 🙏 👏 😊 🎉 :) :D ))) ^^", "negative": "😡 😢 🤮 💔 😞 🤬 😭 :( ((( :/ -_-"}
_ENDS = {
    "positive": ("!", "!", "!", ".", ".", "", "", "!!", "..."),
    "neutral": (".", ".", ".", "", "", "", "...", "!"),
    "negative": (".", ".", ".", "", "", "!", "!", "!!", "..."),
}


@dataclass(frozen=True, slots=True)
class _Words:
    nouns: Mapping[str, Sequence[str]]
    openers: Sequence[str]
    tails: Sequence[str]
    plain: Mapping[str, Sequence[str]]
    clauses: Mapping[str, Sequence[str]]
    adjectives: Mapping[str, Sequence[str]]
    predicates: Mapping[str, Sequence[str]]


def phrases() -> Iterator[tuple[str, str, str]]:
    """Texts with their language and tone. No text occurs twice."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    for language, frames in (("ru", _russian), ("en", _english)):
        words = _words(content[language])
        for tone in TONES:
            seen: set[str] = set()
            for text in _texts(words, tone, frames, random.Random(_SEED)):
                if text.lower() not in seen:
                    seen.add(text.lower())
                    yield text, language, tone


def _words(content: Mapping[str, Any]) -> _Words:
    def each(kind: str, separator: str) -> dict[str, list[str]]:
        return {tone: _split(content[tone][kind], separator) for tone in TONES}

    return _Words(
        {gender: _split(nouns, ",") for gender, nouns in content["nouns"].items()},
        ["", *_split(content["neutral"]["openers"], ",")],
        ["", *_split(content["neutral"]["tails"], ",")],
        {kind: _split(text, "\n" if kind == "frames" else ",") for kind, text in content["plain"].items()},
        each("clauses", "\n"),
        each("adjectives", ","),
        each("predicates", ","),
    )


def _split(text: str, separator: str) -> list[str]:
    return [each for part in text.split(separator) if (each := " ".join(part.split()))]


_Frames = Callable[[_Words, str, random.Random], str]


def _texts(words: _Words, tone: str, frames: _Frames, pick: random.Random) -> Iterator[str]:
    for clause in words.clauses[tone]:
        yield _ended(clause, tone, pick)
        yield _ended(_joined(pick.choice(words.openers), clause), tone, pick)
    for _ in range(_FRAMES):
        yield _ended(_joined(pick.choice(words.openers), frames(words, tone, pick)), tone, pick)
    for _ in range(_MIXED):
        yield _mixed(words, tone, frames, pick)
    if tone == "neutral":
        for _ in range(_PLAIN):
            yield _ended(_joined(pick.choice(words.openers), plain_sentence(words, pick)), tone, pick)


def _mixed(words: _Words, tone: str, frames: _Frames, pick: random.Random) -> str:
    """A sentence of the tone beside a neutral one, in any order."""
    told = pick.choice(words.clauses[tone]) if pick.random() < 0.6 else frames(words, tone, pick)
    told = f"{told} {pick.choice(words.tails)}".strip()
    beside = pick.choice(words.clauses["neutral"]) if pick.random() < 0.3 else plain_sentence(words, pick)
    first, second = (told, tone), (beside, "neutral")
    if pick.random() < 0.5:
        first, second = second, first
    return f"{_ended(first[0], first[1], pick) or ''} {_ended(second[0], second[1], pick)}"


def _ended(text: str, tone: str, pick: random.Random) -> str:
    """The text with a sign at its end, mostly with a capital letter, sometimes with an emoji of its tone."""
    if text.endswith("?"):
        return text[:1].upper() + text[1:]
    end = "?" if _QUESTION.match(text) and tone == "neutral" else pick.choice(_ENDS[tone])
    if tone in _EMOJI and pick.random() < 0.08:
        end += " " + pick.choice(_EMOJI[tone].split())
    return (text[:1].upper() + text[1:] if pick.random() < 0.7 else text) + end


def plain_sentence(words: _Words, pick: random.Random) -> str:
    """A sentence without any tone, which says that somebody did something."""
    plain = words.plain
    genders = [each for each in ("s", "m", "f", "p") if each in plain]
    slots = {}
    for place in ("", "2"):
        gender = pick.choice(genders)
        slots[f"who{place}"] = pick.choice(plain[gender])
        slots[f"did{place}"] = _agreeing(pick.choice(plain["verbs"]), gender)
        slots[f"to{place}"] = pick.choice(plain["infinitives"])
        slots[f"what{place}"] = pick.choice(plain["objects"])
    slots["when"] = pick.choice(["", *plain["times"]])
    return " ".join(pick.choice(plain["frames"]).format(**slots).split()).replace(" ?", "?")


def _agreeing(verb: str, gender: str) -> str:
    """A Russian verb of the past, given in its masculine form, for a gender or the plural (p)."""
    if gender not in {"f", "p"}:
        return verb
    first, _, rest = verb.partition(" ")
    stem = {"нашёл": "нашл", "принёс": "принесл"}.get(first, first)
    return f"{stem}{'а' if gender == 'f' else 'и'} {rest}".strip()


def _joined(opener: str, text: str) -> str:
    return f"{opener}, {text}" if opener else text


def _russian(words: _Words, tone: str, pick: random.Random) -> str:
    gender = pick.choice(list(words.nouns))
    noun, adjective = pick.choice(words.nouns[gender]), pick.choice(words.adjectives[tone])
    formed = inflected(adjective, gender)
    predicate = pick.choice(words.predicates[tone])
    what = {"m": "какой", "f": "какая", "n": "какое", "p": "какие"}[gender]
    such = {"m": "такой", "f": "такая", "n": "такое", "p": "такие"}[gender]
    was = {"m": "был", "f": "была", "n": "было", "p": "были"}[gender]
    if tone == "negative" and pick.random() < 0.2:
        good = inflected(pick.choice(words.adjectives["positive"]), gender)
        return pick.choice([f"{noun} совсем не {good}", f"не {good} {noun}", f"не очень {good} {noun}"])
    frames = [
        f"{formed} {noun}",
        f"это {formed} {noun}",
        f"{noun} {was} {formed}",
        f"{what} {formed} {noun}",
        f"{noun} {formed}",
        f"{noun} — {predicate}",
        f"это {predicate}",
        f"там {predicate}",
        f"у них {formed} {noun}",
        f"{such} {formed} {noun}",
    ]
    return pick.choice(frames)


def _english(words: _Words, tone: str, pick: random.Random) -> str:
    number = pick.choice(["s", "s", "s", "p"])
    noun, adjective = pick.choice(words.nouns[number]), pick.choice(words.adjectives[tone])
    predicate = pick.choice(words.predicates[tone])
    this, be, was = ("this", "is", "was") if number == "s" else ("these", "are", "were")
    if tone == "negative" and pick.random() < 0.2:
        good = pick.choice(words.adjectives["positive"])
        return pick.choice(
            [f"{this} {noun} {be} not {good}", f"the {noun} wasn't {good}", f"not a {good} {noun}"]
        )
    frames = [
        f"{adjective} {noun}",
        f"the {noun} {was} {adjective}",
        f"{this} {noun} {be} {adjective}",
        f"{this} {noun} {be} {predicate}",
        f"what {'a ' if number == 's' else ''}{adjective} {noun}",
        f"that's {predicate}",
        f"it was {predicate}",
        f"they have {adjective} {noun}",
        f"such {'a ' if number == 's' else ''}{adjective} {noun}",
    ]
    return pick.choice(frames)


_SOFT = "гкхжчшщ"


def inflected(adjective: str, gender: str) -> str:
    """The nominative of a Russian adjective, given in its masculine form, for a gender or the plural (p)."""
    if gender == "m":
        return adjective
    if adjective == "третий":
        return {"f": "третья", "n": "третье", "p": "третьи"}[gender]
    reflexive = adjective.endswith("ся")
    plain = adjective.removesuffix("ся")
    stem, ending = plain[:-2], plain[-2:]
    is_soft = ending == "ий" and stem[-1] not in _SOFT
    is_hushed = ending == "ий" and stem[-1] in "жчшщ"
    endings = {"f": "яя" if is_soft else "ая", "n": "ее" if is_soft or is_hushed else "ое"}
    endings["p"] = "ие" if ending == "ий" or stem[-1] in _SOFT else "ые"
    return stem + endings[gender] + ("ся" if reflexive else "")
