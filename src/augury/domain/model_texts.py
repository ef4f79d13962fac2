"""Texts about a model for people: a description, and display names of its features and labels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

from augury.domain.errors import DomainError
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason, Value
from augury.domain.text import is_storable

LANGUAGES = ("en", "ru")
MOST_DESCRIPTION_CHARACTERS = 500
MOST_TEXT_CHARACTERS = 60
"""For the display name of a feature or label."""

Wording: TypeAlias = Mapping[str, str]
"""One text, by language."""
_UNKNOWN = {"feature": ReasonCode.NO_SUCH_FEATURE, "label": ReasonCode.NO_SUCH_LABEL}


@dataclass(eq=False)
class UnfitForModel(DomainError):
    """The given texts or values do not fit the model."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTexts:
    """Texts by language. A feature or label without a text is shown by its name."""

    description: Wording = field(default_factory=dict)
    features: Mapping[str, Wording] = field(default_factory=dict)
    labels: Mapping[str, Wording] = field(default_factory=dict)

    def require_fitting(self, features: Iterable[str], labels: Iterable[str]) -> None:
        """Raises `UnfitForModel` for the first text that does not fit."""
        for what, known, texts in (
            ("feature", features, self.features),
            ("label", labels, self.labels),
        ):
            if unknown := next(iter(texts.keys() - set(known)), None):
                raise UnfitForModel(reason=Reason.of(_UNKNOWN[what], name=unknown))
        _require_good(self.description, MOST_DESCRIPTION_CHARACTERS)
        for what, texts in (("feature", self.features), ("label", self.labels)):
            for name, wording in texts.items():
                _require_good(wording, MOST_TEXT_CHARACTERS, what, name)

    def about(self, features: Iterable[str], labels: Iterable[str]) -> Self:
        """The texts that fit a version with these features and labels."""
        return type(self)(
            description=self.description,
            features={name: self.features[name] for name in features if name in self.features},
            labels={name: self.labels[name] for name in labels if name in self.labels},
        )

    def over(self, older: Self) -> Self:
        """These texts, with `older` ones for whatever is missing."""
        return type(self)(
            description=self.description or older.description,
            features={**older.features, **self.features},
            labels={**older.labels, **self.labels},
        )

    def described(self, language: str) -> str | None:
        return _in(language, self.description)

    def feature(self, name: str, language: str) -> str:
        return _in(language, self.features.get(name, {})) or name

    def label(self, name: str, language: str) -> str:
        return _in(language, self.labels.get(name, {})) or name


def _in(language: str, wording: Wording) -> str | None:
    """The text in this language, or in any other language."""
    return wording.get(language) or next(iter(wording.values()), None)


def _require_good(wording: Wording, most: int, what: str = "", name: str = "") -> None:
    """Check the text of a feature or label, or the description."""
    about: dict[str, Value] = {"what": what, "name": name} if what else {}
    for language, text in wording.items():
        if language not in LANGUAGES:
            code = ReasonCode.TEXT_LANGUAGE if what else ReasonCode.DESCRIPTION_LANGUAGE
            raise UnfitForModel(reason=Reason.of(code, (), language=language, **about))
        if not text.strip() or len(text) > most or not is_storable(text):
            code = ReasonCode.TEXT_LENGTH if what else ReasonCode.DESCRIPTION_LENGTH
            raise UnfitForModel(reason=Reason.of(code, (), language=language, most=most, **about))
