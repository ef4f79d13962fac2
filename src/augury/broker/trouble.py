"""Connection errors of the broker, for publishers and consumers."""

from aio_pika.exceptions import CONNECTION_EXCEPTIONS

TROUBLE = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""Raised if the broker cannot be reached, does not answer, or refuses."""
