"""All routes of the operator's desk."""

from augury.inbound.web.operator import audit, books, models, overview, promo_codes, queue, users, webhooks

ROUTES = (
    *overview.ROUTES,
    *users.ROUTES,
    *models.ROUTES,
    *queue.ROUTES,
    *books.ROUTES,
    *promo_codes.ROUTES,
    *webhooks.ROUTES,
    *audit.ROUTES,
)
