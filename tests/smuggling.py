"""Requests whose end two servers might see at different places."""

HEADS = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: -1",
    "Content-Length: +5",
    "Content-Length: 5, 5",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: chunked, identity",
]


def ambiguous(head: str) -> bytes:
    """A request with this head, and bytes that would be a second request if the first ended early."""
    request = f"POST /auth/logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n\r\n"
    return request.encode() + b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
