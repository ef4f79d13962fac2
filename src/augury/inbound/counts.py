"""Numbers with their nouns, in English."""


def counted(number: int, noun: str) -> str:
    """Such as `1 credit` or `1,000 credits`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
