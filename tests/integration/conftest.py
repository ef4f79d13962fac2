from tests.postgres_server import database_url, pool

__all__ = ["database_url", "pool"]
