"""The scores of a trained model in words."""

from augury.cards.card import Card


def scores_in_words(card: Card) -> list[str]:
    """A line for each score."""
    lines = [
        f"{each.name} {each.value:.4g} (95 %: {each.low:.4g} to {each.high:.4g}), "
        f"baseline {each.baseline:.4g}"
        for each in card.scores
    ]
    if (threshold := card.threshold) is not None:
        lines.append(
            f"threshold {threshold.value:.4g}: a test row costs {threshold.cost:.4g}, and "
            f"{threshold.cost_at_half:.4g} with a threshold of 0.5"
        )
    return [*lines, *card.notes]
