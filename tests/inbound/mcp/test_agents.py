"""An agent's calls are predictions: priced, held, charged, released, and the user's alone.

They are made by the SDK's own client, in both of its eras.
"""

import asyncio
import json
from typing import Any, Literal, cast

import anyio
import httpx
import pytest
from mcp import MCPError
from mcp.client import ClientRequestContext
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp_types import (
    INTERNAL_ERROR,
    CallToolResult,
    ElicitRequestParams,
    ElicitResult,
    Request,
    RequestParams,
    RequestParamsMeta,
    Result,
    TextContent,
    TextResourceContents,
)

from augury.application.ports import Unavailable
from augury.domain.api_key import KeyScope, SpendingLimits
from augury.domain.balance import Balance
from augury.domain.prediction import Status
from augury.domain.user import PredictionsUnderWay
from augury.outbound.memory.balances import MemoryBalances
from augury.outbound.memory.models import MemoryModels
from tests.hexagon import a_model
from tests.inbound.mcp.agents import ERAS, ORIGIN, AgentService
from tests.polling import eventually

MODERN = ERAS[1]
ROWS = {"rows": [{"text": "short"}, {"text": "a text that is long"}]}


def words(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_is_a_prediction(service: AgentService, era: str) -> None:
    user, key = await service.member(credits=10)
    async with service.client(key, era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"predict_tone", "balance", "history", "read_prediction", "cancel_prediction"} <= set(tools)
        tone = tools["predict_tone"]
        assert "Costs 1 credit for each row" in (tone.description or "")
        assert tone.meta == {
            "augury/price": {"row_price": 1, "text_price": 0, "unit": "credits"},
            "augury/model": "tone@1",
        }
        assert tone.input_schema["properties"]["rows"]["items"]["required"] == ["text"]

        called = await client.call_tool("predict_tone", ROWS)

        assert not called.is_error, words(called)
        found = called.structured_content
        assert [each["label"] for each in found["output"]] == ["short", "long"]
        assert (found["status"], found["price"], found["charged"]) == ("succeeded", 2, 2)
        assert json.loads(words(called)) == found
        assert (await client.call_tool("balance")).structured_content == {"available": 8, "held": 0}
        # JSON Schema takes 1.0 for an integer, and some programs write it so.
        history = (await client.call_tool("history", {"limit": 1.0})).structured_content
        assert [each["id"] for each in history["predictions"]] == [found["id"]]
        read = await client.call_tool("read_prediction", {"prediction_id": found["id"]})
        assert read.structured_content == found
        again = await client.call_tool("cancel_prediction", {"prediction_id": found["id"]})
        assert again.is_error
        assert "`succeeded`" in words(again)
    assert await service.balance(user) == (8, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_model_cards_are_resources(service: AgentService, era: str) -> None:
    _, key = await service.member()
    async with service.client(key, era) as client:
        [card] = (await client.list_resources()).resources
        assert card.uri == "augury://models/tone"
        [content] = (await client.read_resource(card.uri)).contents
        assert isinstance(content, TextResourceContents)
        told = json.loads(content.text)
        assert (told["name"], told["row_price"], told["classes"]) == ("tone", 1, ["long", "short"])
        assert told["card"] is None
        for uri in ("augury://models/tune", "file:///etc/passwd", "augury://tone"):
            with pytest.raises(MCPError, match="no such resource"):
                await client.read_resource(uri)


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_wrong_is_said_to_the_agent_and_costs_nothing(service: AgentService, era: str) -> None:
    user, key = await service.member(credits=1)
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("predict_tone", {}, "`rows` must be an array"),
        ("predict_tone", {"rows": []}, "empty"),
        ("predict_tone", {"rows": [{"txet": "a"}]}, "No row fits"),
        ("predict_tone", {"rows": [{"text": 1}]}, "\nRow 0: `text` must be a string"),
        ("confirm_price", {"model": "tune", "rows": ROWS["rows"], "price": 9}, "No model `tune`"),
        ("predict_tone", {"rows": [{"text": "a"}] * 2}, "Credits needed: 2"),
        ("predict_tone", {"rows": [{"text": "a"}], "max_prise": 1}, "`max_prise` is not an argument"),
        ("predict_tone", {"rows": [{"text": "a"}], "max_price": -1}, "`max_price` must be a whole number"),
        ("predict_tone", {"rows": [{"text": "a"}], "idempotency_key": "ж"}, "printable ASCII"),
        ("history", {"limit": 1_000}, "`limit` must be"),
        ("balance", {"of": "everybody"}, "`of` is not an argument"),
        ("read_prediction", {"prediction_id": "x"}, "must be the id"),
    ]
    async with service.client(key, era) as client:
        for tool, arguments, says in wrong:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            assert says in words(result)
        for name in ("predict_tune", "predict_tone@1", "tone", "predict_"):
            with pytest.raises(MCPError, match="Unknown tool"):
                await client.call_tool(name, ROWS)
        for cursor in ("\0", "tone\0"):
            with pytest.raises(MCPError, match="not the cursor"):
                await client.list_tools(cursor=cursor)
            with pytest.raises(MCPError, match="not the cursor"):
                await client.list_resources(cursor=cursor)
    assert await service.balance(user) == (1, 0)


async def test_what_agents_read_first_is_one_paragraph(service: AgentService) -> None:
    _, key = await service.member()
    async with service.client(key, "legacy") as client:
        assert client.instructions
        assert "  " not in client.instructions
        assert "\n" not in client.instructions


async def test_rows_that_do_not_fit_are_told_and_not_charged(service: AgentService) -> None:
    user, key = await service.member(credits=2)
    async with service.client(key, MODERN) as client:
        result = await client.call_tool("predict_tone", {"rows": [{"text": "a"}, {"text": 1}]})

    assert result.structured_content["output"] == [{"label": "short"}, None]
    assert result.structured_content["errors"][0]["message"] == "must be a string"
    assert await service.balance(user) == (1, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_is_charged_once_through_every_door(service: AgentService, era: str) -> None:
    user, key = await service.member(credits=10)
    async with service.client(key, era) as client:
        named = ROWS | {"idempotency_key": "k"}
        first = await client.call_tool("predict_tone", named)
        again = await client.call_tool("predict_tone", named)
        other = await client.call_tool("predict_tone", {"rows": [{"text": "b"}], "idempotency_key": "k"})
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http:
        rest = await http.post(
            service.url.replace("/mcp", "/predictions"),
            json={"model": "tone", "data": ROWS["rows"]},
            headers={"Idempotency-Key": "k"},
        )

    assert again.structured_content == first.structured_content
    assert rest.json()["id"] == first.structured_content["id"]
    assert other.is_error
    assert await service.balance(user) == (8, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_an_output_is_an_array_in_every_tool(service: AgentService, era: str) -> None:
    """Also that of a single object, which another program of the same user has sent."""
    _, key = await service.member(credits=1)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}", "Prefer": "wait=60"}) as http:
        rest = await http.post(service.url.replace("/mcp", "/predictions"), json={"data": {"text": "short"}})
    output = rest.json()["output"]
    assert output["label"] == "short"

    async with service.client(key, era) as client:
        [listed] = (await client.call_tool("history")).structured_content["predictions"]
        read = await client.call_tool("read_prediction", {"prediction_id": listed["id"]})

    assert listed["output"] == read.structured_content["output"] == [output]


def traced(trace: str) -> RequestParamsMeta:
    return cast("RequestParamsMeta", {"traceparent": trace})


@pytest.mark.parametrize("era", ERAS)
async def test_the_trace_of_a_call_goes_with_its_prediction_to_the_worker(
    service: AgentService, era: str
) -> None:
    _, key = await service.member(credits=10)
    told, sent = (f"00-4bf92f3577b34da6a3ce929d0e0e473{each}-00f067aa0ba902b7-01" for each in "12")
    service.is_held = True
    try:
        async with service.client(key, era, {"traceparent": sent}) as client:
            answers = await asyncio.gather(
                client.call_tool("predict_tone", ROWS, meta=traced(told)),
                client.call_tool("predict_tone", ROWS),
                client.call_tool("predict_tone", ROWS, meta=traced("nonsense")),
            )
    finally:
        service.is_held = False

    carried = {
        str(each): trace
        for waiting in service.hexagon.queue._waiting
        for each, trace in waiting.task.traces.items()
    }
    assert [carried[each.structured_content["id"]] for each in answers] == [told, sent, sent]
    await service.there(service.hexagon.run_all())


async def test_a_debt_is_part_of_the_balance_while_there_is_one(service: AgentService) -> None:
    user, key = await service.member()
    memory = service.hexagon.memory
    before = memory.state.balances[user.id]
    memory.state.balances[user.id] = Balance(user.id, available=5, debt=3)
    try:
        async with service.client(key, MODERN) as client:
            told = (await client.call_tool("balance")).structured_content
    finally:  # the tests of this file share the books, and some of them check all of them
        memory.state.balances[user.id] = before
    assert told == {"available": 5, "held": 0, "debt": 3}


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_one_users_is_nobody_elses(service: AgentService, era: str) -> None:
    _, mine = await service.member()
    _, other = await service.member()
    async with service.client(mine, era) as client:
        found = (await client.call_tool("predict_tone", ROWS)).structured_content["id"]
    async with service.client(other, era) as client:
        for tool in ("read_prediction", "cancel_prediction"):
            refused = await client.call_tool(tool, {"prediction_id": found})
            assert refused.is_error
            assert refused.structured_content["type"] == "urn:augury:prediction-not-found"
        assert (await client.call_tool("history")).structured_content == {"predictions": []}
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            with pytest.raises(MCPError):
                await client.session.send_request(TaskRequest.of(method, found), Result)


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_keeps_its_limits_at_this_door(service: AgentService, era: str) -> None:
    user, spending = await service.member(limits=SpendingLimits(day=2))
    _, listed = await service.member(models=frozenset({"blue"}))
    _, reading = await service.member(scopes=frozenset({KeyScope.READ}))
    _, predicting = await service.member(scopes=frozenset({KeyScope.PREDICT}))
    _, nothing = await service.member(scopes=frozenset({KeyScope.ADMIN}))
    async with service.client(spending, era) as client:
        assert not (await client.call_tool("predict_tone", ROWS)).is_error
        refused = await client.call_tool("predict_tone", ROWS)
        assert refused.structured_content["type"] == "urn:augury:spending-limit-reached"
    async with service.client(listed, era) as client:
        assert "predict_tone" not in {tool.name for tool in (await client.list_tools()).tools}
    async with service.client(reading, era) as client:
        assert not (await client.call_tool("balance")).is_error
        refused = await client.call_tool("predict_tone", ROWS)
        assert refused.structured_content["type"] == "urn:augury:scope-missing"
    async with service.client(predicting, era) as client:
        called = await client.call_tool("predict_tone", ROWS)
        assert not called.is_error
        found = called.structured_content["id"]
        for tool, arguments in (
            ("balance", {}),
            ("history", {}),
            ("read_prediction", {"prediction_id": found}),
        ):
            refused = await client.call_tool(tool, arguments)
            assert refused.structured_content["type"] == "urn:augury:scope-missing"
        with pytest.raises(MCPError):
            await client.session.send_request(TaskRequest.of("tasks/get", found), Result)
    async with httpx.AsyncClient(headers=HEADERS | {"Authorization": f"Bearer {nothing}"}) as http:
        assert (await http.post(service.url, json=message())).status_code == 403
    assert await service.balance(user) == (8, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_for_other_models_runs_nothing(service: AgentService, era: str) -> None:
    user, key = await service.member(models=frozenset({"blue"}))
    async with service.client(key, era) as client:
        # The client asks for the list of tools after a call; this tool is not in it.
        refused = await client.session.call_tool("predict_tone", ROWS)
    assert refused.structured_content["type"] == "urn:augury:model-not-listed"
    assert await service.balance(user) == (10, 0)


def answering(action: Literal["accept", "decline"], content: dict[str, Any], asked: list[str]) -> Any:
    async def answer(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action=action, content=content)

    return answer


async def test_a_call_above_the_price_asks_the_user(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    asked: list[str] = []
    yes = answering("accept", {"consent": True}, asked)
    limit = {"Augury-Max-Price": "1"}
    async with service.client(key, MODERN, limit, elicitation_callback=yes) as client:
        paid = await client.call_tool("predict_tone", ROWS)
        cheap = await client.call_tool("predict_tone", {"rows": [{"text": "a"}]})
        capped = await client.call_tool("predict_tone", {"rows": [{"text": "a"}], "max_price": 0})

    assert [paid.is_error, cheap.is_error, capped.is_error] == [False, False, False]
    assert asked == [
        "This call costs 2 credits, more than the 1 that are allowed without asking. Pay for it?",
        "This call costs 1 credit, more than the 0 that are allowed without asking. Pay for it?",
    ]
    assert await service.balance(user) == (6, 0)


@pytest.mark.parametrize(
    ("action", "content"), [("decline", {}), ("accept", {"consent": False}), ("accept", {})]
)
async def test_without_consent_nothing_is_run(
    service: AgentService, action: Literal["accept", "decline"], content: dict[str, Any]
) -> None:
    user, key = await service.member(credits=10)
    asked: list[str] = []
    no = answering(action, content, asked)
    async with service.client(key, MODERN, {"Augury-Max-Price": "1"}, elicitation_callback=no) as client:
        refused = await client.call_tool("predict_tone", ROWS)

    assert refused.is_error
    assert "did not agree" in words(refused)
    assert len(asked) == 1
    assert await service.balance(user) == (10, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_who_cannot_be_asked_confirms_the_price_in_a_second_call(
    service: AgentService, era: str
) -> None:
    user, key = await service.member(credits=10, limits=SpendingLimits(day=5))
    async with service.client(key, era) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "confirm_price" not in names, "without a limit of the user, `max_price` is enough"
    async with service.client(key, era, {"Augury-Max-Price": "1"}) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        annotations = tools["confirm_price"].annotations
        assert annotations is not None
        assert annotations.destructive_hint, "clients ask before such a tool"
        for above in ({}, {"max_price": 2}):
            refused = await client.call_tool("predict_tone", ROWS | above)
            assert "call the tool `confirm_price` with the same rows and `price` 2" in words(refused)
        wrong: list[tuple[dict[str, Any], str]] = [
            (ROWS | {"model": "tone", "price": 1}, "`price` 2"),
            (ROWS | {"model": "tone"}, "`price` must be the price"),
            (ROWS | {"price": 2}, "`model` must be the name"),
            (ROWS | {"model": "tone@1", "price": 2}, "`model` must be the name"),
            (ROWS | {"model": "tone", "price": True}, "whole number"),
            (ROWS | {"model": "tone", "price": 2, "max_price": 2}, "not an argument"),
            ({"model": "tone", "price": 2, "rows": []}, "empty"),
        ]
        for arguments, says in wrong:
            refused = await client.call_tool("confirm_price", arguments)
            assert refused.is_error, arguments
            assert says in words(refused)
        assert await service.balance(user) == (10, 0), "nothing was charged so far"

        paid = {"model": "tone", "price": 2, "idempotency_key": "once"} | ROWS
        first, again = [await client.call_tool("confirm_price", paid) for _ in range(2)]
        assert not first.is_error, words(first)
        assert (first.structured_content["charged"], await service.balance(user)) == (2, (8, 0))
        assert again.structured_content == first.structured_content, "one key is one charge"

        generous = ROWS | {"model": "tone", "price": 1_000}
        assert (await client.call_tool("confirm_price", generous)).structured_content["charged"] == 2
        refused = await client.call_tool("confirm_price", generous)
        assert refused.structured_content["type"] == "urn:augury:spending-limit-reached"
    assert await service.balance(user) == (6, 0)


async def test_who_can_be_asked_is_asked_in_spite_of_a_confirmation(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    asked: list[str] = []
    no = answering("decline", {}, asked)
    async with service.client(key, MODERN, {"Augury-Max-Price": "1"}, elicitation_callback=no) as client:
        assert "confirm_price" not in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("confirm_price", ROWS | {"model": "tone", "price": 2})
    assert result.is_error
    assert "did not agree" in words(result)
    assert len(asked) == 1
    assert await service.balance(user) == (10, 0)


@pytest.mark.parametrize("era", ERAS)
async def test_who_cannot_be_asked_is_told_how_to_go_on(service: AgentService, era: str) -> None:
    user, key = await service.member(credits=10)
    async with service.client(key, era) as client:
        refused = await client.call_tool("predict_tone", ROWS | {"max_price": 1})
        assert "call again with `max_price` 2" in words(refused)
        assert refused.structured_content["type"] == "urn:augury:max-price-exceeded"
        assert not (await client.call_tool("predict_tone", ROWS | {"max_price": 2})).is_error
    async with service.client(key, era, {"Augury-Max-Price": "1"}) as client:
        refused = await client.call_tool("predict_tone", ROWS | {"max_price": 2})
        assert "Ask the user" in words(refused), "an agent cannot raise its user's limit"
    async with service.client(key, era, {"Augury-Max-Price": "x"}) as client:
        assert "whole number of credits" in words(await client.call_tool("predict_tone", ROWS))
    assert await service.balance(user) == (8, 0)


async def test_a_call_that_is_canceled_gives_its_credits_back(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    service.is_held = True
    try:
        async with service.client(key, MODERN) as client:
            with anyio.move_on_after(30) as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(client.call_tool, "predict_tone", ROWS)
                    await eventually(lambda: held(service, user, 2), "the hold")
                    tasks.cancel_scope.cancel()
            assert not scope.cancelled_caught
        await eventually(lambda: held(service, user, 0), "the release")
    finally:
        service.is_held = False
    assert await service.balance(user) == (10, 0)


async def held(service: AgentService, user: Any, credits: int) -> bool:
    return (await service.balance(user))[1] == credits


class CreatedTask(Result):
    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    ttl_ms: int | None = None
    poll_interval_ms: int | None = None


class TaskParams(RequestParams):
    task_id: str
    input_responses: dict[str, Any] | None = None


class TaskRequest(Request[TaskParams, str]):
    name_param = "taskId"

    @classmethod
    def of(cls, method: str, task_id: str) -> "TaskRequest":
        return cls(method=method, params=TaskParams(task_id=task_id))


class TaskState(Result):
    task_id: str
    status: str
    result: CallToolResult | None = None


class TasksOfTheClient(ClientExtension):
    """What a client needs to follow tasks."""

    identifier = "io.modelcontextprotocol/tasks"

    def __init__(self) -> None:
        self.created: list[CreatedTask] = []
        self.go_on = asyncio.Event()

    def claims(self) -> list[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=CreatedTask, resolve=self.resolve)]

    async def resolve(self, created: CreatedTask, context: ClaimContext) -> CallToolResult:
        self.created.append(created)
        await self.go_on.wait()
        while True:
            state = await context.session.send_request(
                TaskRequest.of("tasks/get", created.task_id), TaskState
            )
            if state.status != "working":
                said = TextContent(text=state.status)
                return state.result or CallToolResult(content=[said], is_error=True)
            await asyncio.sleep(0.01)


async def test_a_long_call_is_a_task(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    extension = TasksOfTheClient()
    service.is_held = True
    async with service.client(key, "auto", extensions=[extension]) as client:
        assert client.session.protocol_version == MODERN, "the client has asked what the server speaks"
        assert "io.modelcontextprotocol/tasks" in (client.server_capabilities.extensions or {})
        calling = asyncio.create_task(client.call_tool("predict_tone", ROWS))
        await eventually(lambda: bool(extension.created), "the task")
        [created] = extension.created
        assert (created.status, created.poll_interval_ms) == ("working", 1_000)
        assert await service.balance(user) == (8, 2), "a task goes on when the call is over"
        await client.session.send_request(TaskRequest.of("tasks/update", created.task_id), Result)
        service.is_held = False
        await service.there(service.hexagon.run_all())
        extension.go_on.set()
        result = await calling

    assert result.structured_content["id"] == created.task_id
    assert [each["label"] for each in result.structured_content["output"]] == ["short", "long"]
    assert await service.balance(user) == (8, 0)


async def test_a_canceled_task_gives_its_credits_back(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    extension = TasksOfTheClient()
    service.is_held = True
    try:
        async with service.client(key, MODERN, extensions=[extension]) as client:
            calling = asyncio.create_task(client.call_tool("predict_tone", ROWS))
            await eventually(lambda: bool(extension.created), "the task")
            task_id = extension.created[0].task_id
            for _ in range(2):  # the second time changes nothing
                await client.session.send_request(TaskRequest.of("tasks/cancel", task_id), Result)
            extension.go_on.set()
            assert words(await calling) == "cancelled"
            for unknown in ("x", "01994d2f-7c1e-7000-8a3b-5c6d7e8f9012"):
                with pytest.raises(MCPError, match="no such task"):
                    await client.session.send_request(TaskRequest.of("tasks/get", unknown), Result)
    finally:
        service.is_held = False
    assert await service.balance(user) == (10, 0)


async def test_a_task_keeps_its_account_open_and_ends_with_it(service: AgentService) -> None:
    user, key = await service.member(credits=10)
    close = service.hexagon.close_account
    extension = TasksOfTheClient()
    service.is_held = True
    async with service.client(key, MODERN, extensions=[extension]) as client:
        calling = asyncio.create_task(client.call_tool("predict_tone", ROWS))
        await eventually(lambda: bool(extension.created), "the task")
        with pytest.raises(PredictionsUnderWay):
            await service.there(close(user_id=user.id, forfeit=10))
        assert await service.balance(user) == (8, 2)
        service.is_held = False
        await service.there(service.hexagon.run_all())
        extension.go_on.set()
        await calling
        await service.there(close(user_id=user.id, forfeit=10))
    asked = message("tasks/get", taskId=extension.created[0].task_id)
    async with httpx.AsyncClient(headers=HEADERS | {"Authorization": f"Bearer {key}"}) as http:
        assert (await http.post(service.url, json=asked)).status_code == 401
    assert await service.balance(user) == (0, 0)
    assert await service.there(service.hexagon.balanced())


@pytest.mark.parametrize("era", ERAS)
async def test_who_knows_no_tasks_gets_the_id_when_time_is_up(service: AgentService, era: str) -> None:
    user, key = await service.member(credits=10)
    service.is_held = True
    try:
        async with service.client(key, era) as client:
            late = await client.call_tool("predict_tone", ROWS)
            found = late.structured_content
            assert (late.is_error, found["status"]) == (False, Status.QUEUED)
            assert "read_prediction" in found["note"]
            service.hexagon.backlog.waiting = 1
            await service.there(service.hexagon.places.look())
            read = await client.call_tool("read_prediction", {"prediction_id": found["id"]})
            assert read.structured_content["queue"]["ahead"] == 0
            [listed] = (await client.call_tool("history")).structured_content["predictions"]
            assert listed["queue"] == read.structured_content["queue"]
            canceled = await client.call_tool("cancel_prediction", {"prediction_id": found["id"]})
            assert canceled.structured_content["status"] == Status.CANCELED
    finally:
        service.is_held = False
    assert await service.balance(user) == (10, 0)


async def test_tools_follow_the_models_and_are_paged(service: AgentService) -> None:
    models = [a_model(f"m{number:02}", row_price=number) for number in range(60)]
    state = service.hexagon.memory.state.models
    state.update({model.ref: model for model in models})
    _, key = await service.member()
    try:
        async with service.client(key, MODERN) as client:
            first = await client.list_tools()
            second = await client.list_tools(cursor=first.next_cursor)
    finally:
        for model in models:
            del state[model.ref]
    names = [tool.name for page in (first, second) for tool in page.tools if tool.name.startswith("predict_")]
    assert names == [f"predict_m{number:02}" for number in range(60)] + ["predict_tone"]
    assert second.next_cursor is None


def message(method: str = "tools/list", **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def test_only_identified_callers_pass_the_door(service: AgentService) -> None:
    async with httpx.AsyncClient(headers=HEADERS) as http:
        for credential in ({}, {"Authorization": "Bearer aug_wrong"}, {"Authorization": "Basic YTpi"}):
            refused = await http.post(service.url, json=message(), headers=credential)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
            assert refused.headers["content-type"] == "application/problem+json"


async def test_pages_of_other_origins_are_refused_before_anything_else(service: AgentService) -> None:
    _, key = await service.member()
    async with httpx.AsyncClient(headers=HEADERS | {"Authorization": f"Bearer {key}"}) as http:
        for origin in ("http://evil.example", "null", "http://127.0.0.1", ORIGIN + ".evil.example", ""):
            refused = await http.post(service.url, json=message(), headers={"Origin": origin})
            assert refused.status_code == 403, origin
            assert refused.json()["type"] == "urn:augury:wrong-origin"
        allowed = await http.post(service.url, json=message(), headers={"Origin": ORIGIN})
        assert allowed.status_code == 200


async def test_the_door_takes_messages_only(service: AgentService) -> None:
    _, key = await service.member()
    async with httpx.AsyncClient(headers=HEADERS | {"Authorization": f"Bearer {key}"}) as http:
        for method in ("GET", "DELETE", "PUT"):
            refused = await http.request(method, service.url)
            assert refused.status_code == 405
            assert refused.headers["allow"] == "POST"
        large = await http.post(service.url, content=b" " * 1_000_001)
        assert large.status_code == 413
        assert (await http.post(f"{service.url}?a=1", json=message())).status_code == 422
        for body in (b"", b"{", b"[]", b"1", b'{"jsonrpc": "2.0"}', b"[" * 100_000, b"\xff"):
            for version in ("2025-06-18", MODERN):
                broken = await http.post(service.url, content=body, headers={"MCP-Protocol-Version": version})
                assert 400 <= broken.status_code < 500, (body[:20], version, broken.text)


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
async def test_both_revisions_with_a_handshake_are_spoken_without_a_session(
    service: AgentService, version: str
) -> None:
    _, key = await service.member()
    hello = message(
        "initialize",
        protocolVersion=version,
        capabilities={},
        clientInfo={"name": "test", "version": "1"},
    )
    async with httpx.AsyncClient(headers=HEADERS | {"Authorization": f"Bearer {key}"}, timeout=30) as http:
        begun = await http.post(service.url, json=hello)
        assert begun.status_code == 200
        assert "mcp-session-id" not in begun.headers
        told = json.loads(begun.text.partition("data: ")[2])["result"]
        assert told["protocolVersion"] == version
        call = message("tools/call", name="predict_tone", arguments=ROWS)
        called = await http.post(service.url, json=call, headers={"MCP-Protocol-Version": version})
        result = json.loads(called.text.partition("data: ")[2])["result"]
        assert result["structuredContent"]["charged"] == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unavailable("the database cannot be reached: 10.0.0.5"), "The service is temporarily unavailable."),
        (RuntimeError("10.0.0.5"), "Something went wrong on our side; the error was logged."),
    ],
    ids=lambda given: type(given).__name__,
)
async def test_an_error_of_ours_names_no_address_inside(
    service: AgentService, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise error

    _, key = await service.member()
    async with service.client(key, ERAS[0]) as client:
        for kind, name in ((MemoryModels, "page"), (MemoryModels, "get"), (MemoryBalances, "of")):
            monkeypatch.setattr(kind, name, fails)

        for asked in (
            client.list_tools(),
            client.list_resources(),
            client.read_resource("augury://models/tone"),
            client.call_tool("balance", {}),
        ):
            with pytest.raises(MCPError) as refused:
                await asked
            assert (refused.value.error.code, refused.value.error.message) == (INTERNAL_ERROR, said)
