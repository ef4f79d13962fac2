"""Results of tool calls."""

import json
from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult, TextContent

MOST_TEXT = 100_000
"""The maximum length of a result's text in characters: the text goes into an agent's context. The structured
content is complete."""


MOST_ROWS = 5
"""How many errors of rows the text of a refusal lists."""


def told(content: Mapping[str, Any]) -> CallToolResult:
    """A result, as JSON and as text."""
    text = json.dumps(content, ensure_ascii=False)
    if len(text) > MOST_TEXT:
        text = f"{text[:MOST_TEXT]}… ({len(text):,} characters; the structured content has all of them)"
    return CallToolResult(content=[TextContent(text=text)], structured_content=dict(content))


def with_array(view: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction whose output is an array, even if its data was a single object."""
    output = view["output"]
    return {**view, "output": [output] if isinstance(output, dict) else output}


def refused(says: str, problem: Mapping[str, Any] | None = None) -> CallToolResult:
    """A result that the agent can read in order to correct its call. Some clients show only the text, so it
    also has the errors of the first rows."""
    rows = [each for each in (problem or {}).get("errors", ()) if each["row"] is not None]
    return CallToolResult(
        content=[TextContent(text="\n".join([says, *map(_of_row, rows[:MOST_ROWS])]))],
        structured_content=dict(problem) if problem else None,
        is_error=True,
    )


def _of_row(error: Mapping[str, Any]) -> str:
    return (
        f"Row {error['row']}: " + (f"`{error['field']}` " if error["field"] else "") + f"{error['message']}."
    )
