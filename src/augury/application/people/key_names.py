"""The names of API keys."""

from augury.domain.api_key import InvalidApiKeyName
from augury.domain.text import is_storable

MOST_NAME_CHARACTERS = 100


def checked_name(name: str) -> str:
    """Raises `InvalidApiKeyName`."""
    if not 1 <= len(name) <= MOST_NAME_CHARACTERS or not is_storable(name):
        raise InvalidApiKeyName(most=MOST_NAME_CHARACTERS)
    return name
