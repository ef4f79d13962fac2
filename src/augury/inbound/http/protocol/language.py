"""The language of a page or a picture."""


def language_of(accepted: str) -> str:
    """`ru` if that is preferred to English, else `en`."""
    best, language = 0.0, "en"
    for each in accepted.split(","):
        name, _, parameters = each.strip().partition(";")
        code = name.partition("-")[0].lower()
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if code in ("en", "ru") and weight > best:
            best, language = weight, code
    return language
