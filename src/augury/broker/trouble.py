"""What can happen to a connection, for both sides that use one."""

from aio_pika.exceptions import CONNECTION_EXCEPTIONS

TROUBLE = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""Raised where the broker is away, does not answer, or refuses."""
