"""A final prediction as a message: the label, its probabilities as bars, the price and the credits left."""

import html
from collections.abc import Sequence

from augury.application.chats.ports.results import Delivery
from augury.domain.answer import Answer, answers_in
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Failure, Status
from augury.inbound.telegram.texts import Markup, Speech, in_lines, shortened

BAR = 10
"""Characters of a bar of 100%."""
MOST_CLASSES = 10
MOST_LABEL_CHARACTERS = 24
MOST_WARNINGS = 5


def in_words(
    delivery: Delivery, left: int, say: Speech, texts: ModelTexts, unsure_below: float | None = None
) -> Markup:
    """The text that replaces the placeholder. `left` is in credits; `texts` and `unsure_below` are the
    model's."""
    prediction = delivery.prediction
    match prediction.status:
        case Status.SUCCEEDED if delivery.reply.file_name is not None:
            head = say(
                "batch-done",
                file=delivery.reply.file_name,
                valid=prediction.valid_rows,
                rows=prediction.rows,
            )
        case Status.SUCCEEDED:
            head = _answer(delivery, say, texts, unsure_below or 0.0)
        case Status.CANCELED:
            return in_lines(say("canceled"), say("left", left=left))
        case Status.EXPIRED:
            return in_lines(say("expired"), say("left", left=left))
        case _:
            return in_lines(_failure(delivery, say), say("left", left=left))
    return in_lines(head, *_warnings(delivery, say), say("charged", charged=prediction.charged, left=left))


def summary(output: bytes | None, say: Speech, texts: ModelTexts) -> object:
    """A single answer as a label or a number, for the history. None if there is no single answer."""
    answers = answers_in(output)
    if len(answers) != 1 or answers[0] is None:
        return None
    return _summary(answers[0], say, texts)


def _summary(answer: Answer, say: Speech, texts: ModelTexts) -> object:
    if "value" in answer:
        return say.figure(answer["value"])
    if "label" in answer:
        return shortened(texts.label(answer["label"], say.language), MOST_LABEL_CHARACTERS)
    if "labels" in answer:
        return shortened(_names(answer["labels"], say, texts), MOST_LABEL_CHARACTERS)
    shown = [
        say.plain("answer-named-short", name=texts.label(name, say.language), value=say.figure(value))
        for name, value in answer["values"].items()
    ]
    return shortened(", ".join(shown), MOST_LABEL_CHARACTERS)


def bars(probabilities: dict[str, float], say: Speech, texts: ModelTexts) -> Markup:
    """One line per class, the most probable first."""
    best = sorted(probabilities.items(), key=lambda item: -item[1])
    shown = [
        (shortened(texts.label(name, say.language), MOST_LABEL_CHARACTERS), share)
        for name, share in best[:MOST_CLASSES]
    ]
    width = max(len(name) for name, _ in shown)
    lines = [
        f"{html.escape(name.ljust(width), quote=False)} {_bar(share)} {share * 100:3.0f}%"
        for name, share in shown
    ]
    if len(best) > MOST_CLASSES:
        lines.append(say("more-classes", count=len(best) - MOST_CLASSES))
    return Markup("<pre>" + "\n".join(lines) + "</pre>")


def _answer(delivery: Delivery, say: Speech, texts: ModelTexts, unsure_below: float) -> Markup:
    found = next(iter(answers_in(delivery.output)), None)
    if found is None:
        return say("answer-forgotten")
    if "label" in found:
        is_unsure = found.get("probabilities", {}).get(found["label"], 1.0) < unsure_below
        words = "answer-unsure" if is_unsure else "answer-label"
        label = say(words, label=texts.label(found["label"], say.language))
        return (
            in_lines(label, bars(found["probabilities"], say, texts)) if "probabilities" in found else label
        )
    if "labels" in found:
        head = say("answer-labels", labels=_names(found["labels"], say, texts), count=len(found["labels"]))
        return in_lines(head, bars(found["probabilities"], say, texts), say("answer-independent"))
    if "values" in found:
        return _values(found["values"], say, texts)
    if "standard_deviation" in found:
        deviation = say.figure(found["standard_deviation"])
        return say("answer-uncertain", value=say.figure(found["value"]), deviation=deviation)
    return say("answer-rank" if "rank" in found else "answer-value", value=say.figure(found["value"]))


def _names(labels: Sequence[str], say: Speech, texts: ModelTexts) -> str:
    return ", ".join(texts.label(name, say.language) for name in labels)


def _values(values: dict[str, float], say: Speech, texts: ModelTexts) -> Markup:
    """One line per value, in the model's order."""
    lines = [
        say(
            "answer-named",
            name=shortened(texts.label(name, say.language), MOST_LABEL_CHARACTERS),
            value=say.figure(value),
        )
        for name, value in list(values.items())[:MOST_CLASSES]
    ]
    if len(values) > MOST_CLASSES:
        lines.append(say("more-classes", count=len(values) - MOST_CLASSES))
    return in_lines(*lines)


def _warnings(delivery: Delivery, say: Speech) -> list[Markup]:
    """Each warning, or only their number if a file lists them row by row."""
    if delivery.reply.file_name is None:
        return [say("warning", doubt=say.doubt(each)) for each in delivery.warnings[:MOST_WARNINGS]]
    unlisted = [say("warning", doubt=say.doubt(each)) for each in delivery.warnings if each.row is None]
    count = len(delivery.warnings) - len(unlisted)
    return [say("batch-warnings", count=count), *unlisted] if count else []


def _failure(delivery: Delivery, say: Speech) -> Markup:
    failure = delivery.prediction.failure or Failure.MODEL_UNAVAILABLE
    words = say(f"failed-{failure}")
    if not delivery.errors:
        return words
    return in_lines(words, say("failed-reason", reason=say.reason(delivery.errors[0])))


def _bar(share: float) -> str:
    full = round(share * BAR)
    return "█" * full + "░" * (BAR - full)
