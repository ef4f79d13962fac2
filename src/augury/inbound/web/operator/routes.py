"""All routes of the operator's desk."""

from augury.inbound.web.operator import (
    audit,
    books,
    model_acts,
    model_figures,
    models,
    overview,
    promo_codes,
    queue,
    trainings,
    user_acts,
    users,
    webhooks,
)

ROUTES = (
    *overview.ROUTES,
    *users.ROUTES,
    *user_acts.ROUTES,
    *models.ROUTES,
    *model_acts.ROUTES,
    *model_figures.ROUTES,
    *trainings.ROUTES,
    *queue.ROUTES,
    *books.ROUTES,
    *promo_codes.ROUTES,
    *webhooks.ROUTES,
    *audit.ROUTES,
)
