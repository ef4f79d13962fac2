"""Names of our own columns beside those of a file."""


def unused(name: str, taken: set[str]) -> str:
    """The name, or `name_2` and so on if it is taken. It is added to `taken`."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found
