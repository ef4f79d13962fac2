"""A final prediction as a message: the label, its probabilities as bars, the price and the credits left."""

import html

from augury.application.chats.ports import Delivery
from augury.domain.answer import answers_in
from augury.domain.model_texts import ModelTexts
from augury.domain.prediction import Failure, Status
from augury.inbound.telegram.texts import Markup, Speech, shortened

BAR = 10
"""Characters of a bar of 100%."""
MOST_CLASSES = 10
MOST_LABEL_CHARACTERS = 24
MOST_WARNINGS = 5


def in_words(delivery: Delivery, left: int, say: Speech, texts: ModelTexts) -> Markup:
    """The text that replaces the placeholder. `left` is in credits; `texts` are the model's."""
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
            head = _answer(delivery, say, texts)
        case Status.CANCELED:
            return _lines(say("canceled"), say("left", left=left))
        case Status.EXPIRED:
            return _lines(say("expired"), say("left", left=left))
        case _:
            return _lines(_failure(delivery, say), say("left", left=left))
    return _lines(head, *_warnings(delivery, say), say("charged", charged=prediction.charged, left=left))


def summary(output: bytes | None, say: Speech, texts: ModelTexts) -> object:
    """A single answer as a label or a number, for the history. None if there is no single answer."""
    answers = answers_in(output)
    if len(answers) != 1 or answers[0] is None:
        return None
    if "value" in answers[0]:
        return say.figure(answers[0]["value"])
    return shortened(texts.label(answers[0]["label"], say.language), MOST_LABEL_CHARACTERS)


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


def _answer(delivery: Delivery, say: Speech, texts: ModelTexts) -> Markup:
    found = next(iter(answers_in(delivery.output)), None)
    if found is None:
        return say("answer-forgotten")
    if "value" in found:
        return say("answer-value", value=say.figure(found["value"]))
    label = say("answer-label", label=texts.label(found["label"], say.language))
    return _lines(label, bars(found["probabilities"], say, texts)) if "probabilities" in found else label


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
    return _lines(words, say("failed-reason", reason=say.reason(delivery.errors[0])))


def _bar(share: float) -> str:
    full = round(share * BAR)
    return "█" * full + "░" * (BAR - full)


def _lines(*lines: Markup) -> Markup:
    return Markup("\n".join(lines))
