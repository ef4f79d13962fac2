from tests.postgres_server import database_url, pool
from tests.rabbitmq_server import rabbitmq, rabbitmq_url

__all__ = ["database_url", "pool", "rabbitmq", "rabbitmq_url"]
