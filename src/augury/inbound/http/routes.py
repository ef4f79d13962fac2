"""The routes of the API, by who may call them and by what their bodies are."""

from collections.abc import Sequence
from typing import Self

from litestar import Router
from litestar.types import ControllerRouterHandler

from augury.inbound.http.batches import downloading, sending
from augury.inbound.http.batches import events as batch_events
from augury.inbound.http.batches import routes as batches
from augury.inbound.http.callers.identity import administrator
from augury.inbound.http.description import asyncapi as asyncapi_pages
from augury.inbound.http.description import docs
from augury.inbound.http.description.openapi import BEARER
from augury.inbound.http.edge.metrics import metrics as metrics_page
from augury.inbound.http.inference import routes as inference
from augury.inbound.http.models import (
    admin_events,
    admin_health,
    admin_models,
    admin_rollout,
    admin_trainings,
    admin_uploads,
    cards,
)
from augury.inbound.http.models import routes as models
from augury.inbound.http.money import (
    admin_promo_codes,
    admin_refunds,
    admin_statements,
    admin_top_ups,
    balance,
)
from augury.inbound.http.operation import admin_audit, admin_dead_letters, admin_overview, admin_queue, health
from augury.inbound.http.people import admin_api_keys, admin_users, api_keys, auth, users
from augury.inbound.http.predictions import admin_predictions, events, explanations, quote, submissions
from augury.inbound.http.predictions import routes as predictions
from augury.inbound.http.webhooks import deliveries
from augury.inbound.http.webhooks import routes as webhooks

ROUTES: Sequence[ControllerRouterHandler] = (
    *predictions.ROUTES,
    *events.ROUTES,
    *batch_events.ROUTES,
    *explanations.ROUTES,
    *batches.ROUTES,
    *downloading.ROUTES,
    *auth.ROUTES,
    *users.ROUTES,
    *api_keys.ROUTES,
    *balance.ROUTES,
    *models.ROUTES,
    *cards.ROUTES,
    *inference.ROUTES,
    *webhooks.ROUTES,
    *deliveries.ROUTES,
)
ADMIN_ROUTES: Sequence[ControllerRouterHandler] = (
    *admin_top_ups.ROUTES,
    *admin_users.ROUTES,
    *admin_statements.ROUTES,
    *admin_predictions.ROUTES,
    *admin_models.ROUTES,
    admin_uploads.send_model,
    *admin_trainings.ROUTES,
    *admin_events.ROUTES,
    *admin_rollout.ROUTES,
    *admin_health.ROUTES,
    *admin_refunds.ROUTES,
    *admin_promo_codes.ROUTES,
    *admin_queue.ROUTES,
    *admin_dead_letters.ROUTES,
    *admin_audit.ROUTES,
    *admin_overview.ROUTES,
    *admin_api_keys.ROUTES,
)
SERVICE_ROUTES: Sequence[ControllerRouterHandler] = (*health.ROUTES, metrics_page, *docs.ROUTES)
ASYNCAPI_ROUTES: Sequence[ControllerRouterHandler] = (asyncapi_pages.page, asyncapi_pages.document)


def api_routes(most_bytes: int | None) -> list[ControllerRouterHandler]:
    """All routes but those of the AsyncAPI document. `most_bytes` is the largest body with rows."""
    return [_with_rows(most_bytes), _streamed(), *ROUTES, _administration(), *SERVICE_ROUTES]


class _New(Router):
    """A router for one application. Litestar copies routers with their documentation, in case another
    application also has them. The copy takes longer than the rest of a start."""

    def __deepcopy__(self, _: dict[int, object]) -> Self:
        return self


def _with_rows(most_bytes: int | None) -> Router:
    """The routes whose bodies can be large."""
    return _New(
        "/",
        route_handlers=[submissions.submit, quote.quote, *inference.WITH_ROWS],
        request_max_body_size=most_bytes,
    )


def _streamed() -> Router:
    """The route that reads its body as a stream, and counts it itself."""
    return _New("/", route_handlers=[sending.send], request_max_body_size=None)


def _administration() -> Router:
    """The routes that need the role `admin`, which is read from the database each time."""
    return _New(
        "/",
        route_handlers=ADMIN_ROUTES,
        guards=[administrator],
        security=BEARER,
        tags=["Administration"],
    )
