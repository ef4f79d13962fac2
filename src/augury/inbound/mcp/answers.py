"""Results of tool calls."""

import json
from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult, TextContent

MOST_TEXT = 100_000
"""The maximum length of a result's text, which goes into an agent's context. Its structured content is
complete."""


def told(content: Mapping[str, Any]) -> CallToolResult:
    """A result, as JSON and as text."""
    text = json.dumps(content, ensure_ascii=False)
    if len(text) > MOST_TEXT:
        text = f"{text[:MOST_TEXT]}… ({len(text):,} characters; the structured content has all of them)"
    return CallToolResult(content=[TextContent(text=text)], structured_content=dict(content))


def refused(says: str, problem: Mapping[str, Any] | None = None) -> CallToolResult:
    """A result that the agent can read in order to correct its call."""
    return CallToolResult(
        content=[TextContent(text=says)],
        structured_content=dict(problem) if problem else None,
        is_error=True,
    )
