"""The HTTP side over memory, driven in the process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from dishka import AsyncContainer, Provider, Scope, make_async_container
from litestar import Litestar
from prometheus_client import CollectorRegistry

from augury.application.chats.issue_telegram_link import IssueTelegramLink
from augury.application.limits import Limits
from augury.application.models.change_model import ChangeModel
from augury.application.models.ports import Models
from augury.application.money.change_promo_code import ChangePromoCode
from augury.application.money.create_promo_code import CreatePromoCode
from augury.application.money.ports import Balances, Ledger, PromoCodes
from augury.application.money.redeem_promo_code import RedeemPromoCode
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.reverse_top_up import ReverseTopUp
from augury.application.money.top_up import TopUp
from augury.application.money.verify_ledger import VerifyLedger
from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.authorize_admin import AuthorizeAdmin
from augury.application.people.block_user import BlockUser
from augury.application.people.change_password import ChangePassword
from augury.application.people.change_role import ChangeRole
from augury.application.people.close_account import CloseAccount
from augury.application.people.create_api_key import CreateApiKey
from augury.application.people.delete_api_key import DeleteApiKey
from augury.application.people.find_guests import FindGuests
from augury.application.people.identify_caller import IdentifyCaller
from augury.application.people.ports import AccessTokens, ApiKeys, Users
from augury.application.people.refresh_tokens import RefreshTokens
from augury.application.people.register_user import RegisterUser
from augury.application.people.sign_in import SignIn
from augury.application.people.sign_out import SignOut
from augury.application.people.unblock_user import UnblockUser
from augury.application.ports import Clock, OpenBooks
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.ports import DeadLetters, Predictions
from augury.application.predictions.quote_prediction import QuotePrediction
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.domain.user import Role, User
from augury.inbound.http.app import create_app
from augury.inbound.http.asyncapi import AsyncApiDocument
from augury.inbound.http.health import Checks
from augury.inbound.http.settings import HttpSettings
from augury.outbound.jwt_tokens import JwtAccessTokens, JwtSettings
from tests.hexagon import Hexagon

SECRET = "s" * 64
SETTINGS = HttpSettings()
PROBLEM = "application/problem+json"
TEXT = {"data": {"text": "Какой-то текст для предсказания"}}


def http_container(hexagon: Hexagon, overrides: Mapping[Any, object] | None = None) -> AsyncContainer:
    """What the HTTP side asks of its container, from the hexagon over memory; tokens are real ones."""
    provided: dict[Any, object] = {
        Users: hexagon.users,
        ApiKeys: hexagon.api_keys,
        AccessTokens: JwtAccessTokens(JwtSettings(secret=SECRET), hexagon.clock),
        Clock: hexagon.clock,
        Limits: hexagon.limits,
        Models: hexagon.models,
        Predictions: hexagon.predictions,
        Balances: hexagon.balances,
        Ledger: hexagon.ledger,
        DeadLetters: hexagon.dead_letters,
        PromoCodes: hexagon.promo_codes,
        ChangeModel: hexagon.change_model,
        ChangeRole: hexagon.change_role,
        CreatePromoCode: hexagon.create_promo_code,
        RedeemPromoCode: hexagon.redeem_promo_code,
        RefundPrediction: hexagon.refund_prediction,
        AdmitGuest: hexagon.admit_guest,
        AuthorizeAdmin: hexagon.authorize_admin,
        BlockUser: hexagon.block_user,
        CollectorRegistry: hexagon.registry,
        UnblockUser: hexagon.unblock_user,
        ReverseTopUp: hexagon.reverse_top_up,
        VerifyLedger: hexagon.verify_ledger,
        ChangePromoCode: hexagon.change_promo_code,
        ForgetPrediction: hexagon.forget_prediction,
        QuotePrediction: hexagon.quote_prediction,
        ReplayDeadLetters: hexagon.replay_dead_letters,
        FindGuests: hexagon.find_guests,
        DeleteApiKey: hexagon.delete_api_key,
        RegisterUser: hexagon.register_user,
        ChangePassword: hexagon.change_password,
        CloseAccount: hexagon.close_account,
        IssueTelegramLink: hexagon.issue_telegram_link,
        CreateApiKey: hexagon.create_api_key,
        SignOut: hexagon.sign_out,
        TopUp: hexagon.top_up,
        RequestPredictions: hexagon.request_predictions,
        OpenBooks: hexagon.books,
        CancelPrediction: hexagon.cancel_prediction,
        WaitForPrediction: hexagon.wait_for_prediction,
    }
    provided |= overrides or {}
    tokens: Any = provided[AccessTokens]
    provided[IdentifyCaller] = replace(hexagon.identify_caller, access_tokens=tokens)
    provided[SignIn] = replace(hexagon.sign_in, access_tokens=tokens)
    provided[RefreshTokens] = replace(hexagon.refresh_tokens, access_tokens=tokens)
    provider = Provider(scope=Scope.APP)
    for key, value in provided.items():
        provider.provide(_answering(value), provides=key)
    return make_async_container(provider)


def _answering(value: Any) -> Callable[[], Any]:
    def answer() -> Any:
        return value

    return answer


@dataclass(frozen=True, slots=True)
class Api:
    """The application, and clients that call it in the process."""

    app: Litestar
    hexagon: Hexagon
    tokens: AccessTokens

    def client(self, *, peer: str = "198.51.100.7", **headers: str) -> httpx.AsyncClient:
        """A client without a credential, whose connection comes from `peer`."""
        transport = httpx.ASGITransport(app=self.app, client=(peer, 50_000), raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar's ASGI types are its own
        return httpx.AsyncClient(transport=transport, base_url="http://augury.test", headers=headers)

    def client_of(self, user: User, *, peer: str = "198.51.100.7") -> httpx.AsyncClient:
        client = self.client(peer=peer)
        client.headers["Authorization"] = f"Bearer {self.tokens.issue(user.id)}"
        return client

    async def member(self, credits: int = 0) -> httpx.AsyncClient:
        """A client of a new member with so many credits."""
        return self.client_of(await self.hexagon.user(credits))

    async def admin(self) -> httpx.AsyncClient:
        return self.client_of(await self.hexagon.user(role=Role.ADMIN))


@asynccontextmanager
async def serving(
    hexagon: Hexagon,
    *,
    settings: HttpSettings = SETTINGS,
    asyncapi: AsyncApiDocument | None = None,
    checks: Checks | None = None,
    overrides: Mapping[Any, object] | None = None,
) -> AsyncIterator[Api]:
    container = http_container(hexagon, overrides)
    app = create_app(container=container, settings=settings, asyncapi=asyncapi, checks=checks)
    stop = asyncio.Event()
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(_live(app, started, stop))
    await started
    try:
        yield Api(app, hexagon, await container.get(AccessTokens))
    finally:
        stop.set()
        await running
        await container.close()


async def _live(app: Litestar, started: asyncio.Future[None], stop: asyncio.Event) -> None:
    """Start and stop in one task, which a fixture does not."""
    try:
        async with app.lifespan():
            started.set_result(None)
            await stop.wait()
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


def is_problem(response: httpx.Response, status: int, name: str) -> bool:
    """Whether the answer is the problem document of this name, and says nothing else."""
    assert response.headers["content-type"] == PROBLEM, response.text
    problem = response.json()
    assert problem["type"] == f"urn:augury:{name}", problem
    assert problem["status"] == response.status_code == status, problem
    assert problem["title"]
    assert problem["detail"]
    return True
