from tests.postgres_server import database_url, pool
from tests.rabbitmq_server import rabbitmq, rabbitmq_url
from tests.trained_tone import tone

__all__ = ["database_url", "pool", "rabbitmq", "rabbitmq_url", "tone"]
