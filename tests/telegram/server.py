"""A small Bot API server for tests, over real HTTP. It keeps what it was sent, and refuses what Telegram
refuses.

It runs in a separate thread, so that a test may block while a bot's process uses it. `Person` has a person's
actions as methods. `fail`, `hang` and `after` make it fail.
"""

import asyncio
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.patience import patience
from tests.telegram.markup import BadMarkup, plain_text

TOKEN = "42:a-token-of-the-tests"
USERNAME = "augury_test_bot"
MOST_TEXT, MOST_CAPTION, MOST_BUTTON_BYTES = 4096, 1024, 64
CHECKOUT_SECONDS = 10


class Refused(Exception):
    """An error that Telegram answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class Garbled(Exception):
    """An answer that does not come from Telegram."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


@dataclass
class Sent:
    """A message of the bot in its current state. `versions` are all its texts."""

    chat_id: int
    message_id: int
    text: str
    reply_to: int | None
    buttons: list[list[dict[str, Any]]]
    keyboard: list[list[str]]
    """The buttons below the input field, if the message sets some."""
    document: tuple[str, bytes] | None = None
    """The file or the photo of the message."""
    invoice: dict[str, Any] | None = None
    versions: list[str] = field(default_factory=list)
    thread_id: int | None = None
    """The topic of the message."""

    def button(self, label: str) -> dict[str, Any]:
        """The inline button whose label contains `label`."""
        found = [each for row in self.buttons for each in row if label in each["text"]]
        assert len(found) == 1, (label, self.buttons)
        return found[0]


@dataclass
class Update:
    id: int
    body: dict[str, Any]
    times: int
    """How many more times it is delivered, even if it is acknowledged."""


@dataclass
class Fault:
    times: int
    happen: Callable[[], Awaitable[None]]


class TelegramServer:
    def __init__(self, host: str = "127.0.0.1") -> None:
        """`host` is the address on which it listens: the loopback address, or one that a bot in a container
        can reach."""
        self.host = host
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Every call that was answered with a result."""
        self.refused: list[tuple[str, dict[str, Any], str]] = []
        """Every call that was refused, and why."""
        self.sent: list[Sent] = []
        self.people: dict[int, Person] = {}
        self.repeats = 0
        """How often each update is delivered again, as after a lost acknowledgement."""
        self.refunded: set[str] = set()
        self.files_answer: int | None = None
        """The status that refuses every download, if set."""
        self.webhook: str | None = None
        self._webhook_via: str | None = None
        self._secret = ""
        self._lock = threading.RLock()
        self._updates: deque[Update] = deque()
        self._files: dict[str, bytes] = {}
        self._queries: set[str] = set()
        self._checkouts: dict[str, tuple[float, Callable[[bool, str], None]]] = {}
        self._charges: dict[str, int] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._after: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._update_ids, self._message_ids, self._ids = count(1000), count(1), count(1)
        self._poller = 0

    # --- start and stop

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10 * patience())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10 * patience())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10 * patience())
        self._loop.close()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        self._arrived = asyncio.Event()
        self._connections = asyncio.Semaphore(40)
        self._client = aiohttp.ClientSession()
        app = web.Application(client_max_size=50_000_000)
        app.router.add_post("/bot{token}/{method}", self._called)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, 0)
        await site.start()
        self.url = f"http://{self.host}:{self._runner.addresses[0][1]}"

    async def _stop(self) -> None:
        await self._client.close()
        await self._runner.cleanup()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:  # calls of a bot that was killed
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    # --- for tests

    def person(self, chat_id: int, language: str = "en") -> "Person":
        made = self.people[chat_id] = Person(self, chat_id, language)
        return made

    def fail(
        self, method: str, code: int, description: str = "Internal Server Error", times: int = 1, **extra: int
    ) -> None:
        """Refuse the next calls of the method without an effect."""

        async def refuse() -> None:
            raise Refused(code, description, **extra)

        with self._lock:
            self._faults[method].append(Fault(times, refuse))

    def garble(self, method: str, status: int, body: str, times: int = 1) -> None:
        """Answer the next calls of the method with this page, as a proxy would, without an effect."""

        async def answer() -> None:
            raise Garbled(status, body)

        with self._lock:
            self._faults[method].append(Fault(times, answer))

    def hang(self, method: str, seconds: float, times: int = 1) -> None:
        """Do not answer the next calls of the method for `seconds`. Then break the connection."""

        async def hang() -> None:
            await asyncio.sleep(seconds)
            raise ConnectionResetError

        with self._lock:
            self._faults[method].append(Fault(times, hang))

    def calm(self) -> None:
        """Cancel all failures."""
        with self._lock:
            self._faults.clear()

    def after(self, method: str, act: Callable[[dict[str, Any]], None]) -> None:
        """Call `act` once, after the next call of the method took effect and before it is answered."""
        with self._lock:
            self._after[method] = act

    def behind(self, url: str) -> None:
        """Deliver webhook updates to this URL, as a proxy in front of the bot would."""
        self._webhook_via = url

    def to(self, chat_id: int) -> list[Sent]:
        with self._lock:
            return [each for each in self.sent if each.chat_id == chat_id]

    def answers(self, chat_id: int, message_id: int) -> list[Sent]:
        """The messages that were sent as a reply to this message."""
        return [each for each in self.to(chat_id) if each.reply_to == message_id]

    def called(self, method: str) -> list[dict[str, Any]]:
        with self._lock:
            return [body for name, body in self.calls if name == method]

    @property
    def all_delivered(self) -> bool:
        """Whether the webhook has accepted every update as often as it had to be delivered."""
        with self._lock:
            return all(each.times <= 0 for each in self._updates)

    @property
    def unacknowledged(self) -> int:
        with self._lock:
            return len(self._updates)

    def put(self, body: dict[str, Any]) -> int:
        """Deliver an update. Returns its id."""
        with self._lock:
            update = Update(next(self._update_ids), body, 1 + self.repeats)
            self._updates.append(update)
        self._loop.call_soon_threadsafe(self._arrived.set)
        if self._webhook_via is not None:
            asyncio.run_coroutine_threadsafe(self._push(update), self._loop)
        return update.id

    def begin_numbers_at(self, update_id: int) -> None:
        """New updates get ids from this one on, as after a week without updates."""
        self._update_ids = count(update_id)

    def next_message_id(self) -> int:
        return next(self._message_ids)

    def next_id(self) -> str:
        return f"id-{next(self._ids)}"

    def keep_file(self, content: bytes) -> str:
        with self._lock:
            file_id = self.next_id()
            self._files[file_id] = content
            return file_id

    def ask_button(self) -> str:
        with self._lock:
            query_id = self.next_id()
            self._queries.add(query_id)
            return query_id

    def ask_checkout(self, answered: Callable[[bool, str], None]) -> str:
        with self._lock:
            query_id = self.next_id()
            self._checkouts[query_id] = (time.monotonic() + CHECKOUT_SECONDS, answered)
            return query_id

    def charge(self, chat_id: int) -> str:
        with self._lock:
            charge_id = f"charge-{next(self._ids)}"
            self._charges[charge_id] = chat_id
            return charge_id

    # --- HTTP

    async def _called(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body: dict[str, Any] = {}
        for name, value in (await request.post()).items():
            body[name] = (
                (value.filename, value.file.read()) if isinstance(value, web.FileField) else _read(value)
            )
        if request.match_info["token"] != TOKEN:
            return _answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        try:
            await self._go_wrong(method)
            result = await self._method(method)(body)
        except Refused as refusal:
            with self._lock:
                self.refused.append((method, body, str(refusal)))
            answer = {"ok": False, "error_code": refusal.code, "description": refusal.description}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
            return _answer(refusal.code, answer)
        except Garbled as page:
            return web.Response(status=page.status, text=page.body, content_type="text/html")
        except ConnectionResetError:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        with self._lock:
            if method != "getUpdates":
                self.calls.append((method, body))
            act = self._after.pop(method, None)
        if act is not None:
            await asyncio.to_thread(act, body)
        return _answer(200, {"ok": True, "result": result})

    def _method(self, name: str) -> Callable[[dict[str, Any]], Awaitable[object]]:
        """`sendMessage` is `_send_message`."""
        handler = getattr(self, "_" + re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name), None)
        if handler is None:
            raise Refused(404, "Not Found: method not found")
        found: Callable[[dict[str, Any]], Awaitable[object]] = handler
        return found

    async def _go_wrong(self, method: str) -> None:
        with self._lock:
            faults = self._faults[method]
            if not faults:
                return
            fault = faults[0]
            fault.times -= 1
            if not fault.times:
                faults.popleft()
        await fault.happen()

    async def _file(self, request: web.Request) -> web.Response:
        if self.files_answer is not None:
            return web.Response(status=self.files_answer)
        content = self._files.get(request.match_info["path"].removeprefix("documents/"))
        if content is None or request.match_info["token"] != TOKEN:
            return web.Response(status=404)
        return web.Response(body=content)

    async def _push(self, update: Update) -> None:
        """Deliver to the webhook until it accepts, concurrently with as many others as it allows."""
        assert self._webhook_via is not None
        async with self._connections:
            await self._push_now(update, self._webhook_via)

    async def _push_now(self, update: Update, url: str) -> None:
        while update.times > 0:
            try:
                async with self._client.post(
                    url,
                    json={"update_id": update.id, **update.body},
                    headers={"X-Telegram-Bot-Api-Secret-Token": self._secret},
                ) as answer:
                    if answer.status == 200:
                        update.times -= 1
                        continue
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)

    # --- methods

    async def _get_me(self, body: dict[str, Any]) -> object:
        return {"id": 42, "is_bot": True, "first_name": "Augury", "username": USERNAME}

    async def _get_updates(self, body: dict[str, Any]) -> object:
        with self._lock:
            if self.webhook:
                raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
            self._poller += 1
            turn = self._poller
            offset = body.get("offset", 0)
            self._updates = deque(each for each in self._updates if each.id >= offset or each.times > 0)
        end = time.monotonic() + body.get("timeout", 0)
        while True:
            self._arrived.clear()
            with self._lock:
                if turn != self._poller:
                    raise Refused(409, "Conflict: terminated by other getUpdates request")
                if self.webhook:
                    raise Refused(409, "Conflict: terminated by setWebhook request")
                ready = [each for each in self._updates if each.id >= offset or each.times > 0]
                ready = sorted(ready, key=lambda each: each.id)[: body.get("limit", 100)]
                for each in ready:
                    each.times -= 1
            wait = end - time.monotonic()
            if ready or wait <= 0:
                return [{"update_id": each.id, **each.body} for each in ready]
            try:
                await asyncio.wait_for(self._arrived.wait(), min(wait, 0.2))
            except TimeoutError:
                continue

    async def _set_webhook(self, body: dict[str, Any]) -> object:
        if not body["url"].startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook, self._secret = body["url"], body.get("secret_token", "")
        self._connections = asyncio.Semaphore(body.get("max_connections", 40))
        return True

    async def _delete_webhook(self, body: dict[str, Any]) -> object:
        self.webhook = None
        return True

    async def _set_my_commands(self, body: dict[str, Any]) -> object:
        for each in body["commands"]:
            if not 1 <= len(each["description"]) <= 256 or not each["command"].islower():
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        return True

    async def _send_message(self, body: dict[str, Any]) -> object:
        return self._keep(body, _checked(body.get("text", ""), body, MOST_TEXT, "message is too long"))

    async def _edit_message_text(self, body: dict[str, Any]) -> object:
        chat_id, text = (
            self._reachable(body),
            _checked(body.get("text", ""), body, MOST_TEXT, "MESSAGE_TOO_LONG"),
        )
        with self._lock:
            found = [each for each in self.to(chat_id) if each.message_id == body.get("message_id")]
            if not found:
                raise Refused(400, "Bad Request: message to edit not found")
            buttons = _buttons(body)
            if (found[0].text, found[0].buttons) == (text, buttons):
                raise Refused(
                    400,
                    "Bad Request: message is not modified: specified new message content and reply markup "
                    "are exactly the same as a current content and reply markup of the message",
                )
            found[0].text, found[0].buttons = text, buttons
            found[0].versions.append(text)
            return self._message(found[0])

    async def _edit_message_media(self, body: dict[str, Any]) -> object:
        """Telegram also puts a medium into a message that had only a text."""
        chat_id, media = self._reachable(body), body["media"]
        text = _checked(media["caption"], {**body, **media}, MOST_CAPTION, "message caption is too long")
        with self._lock:
            found = [each for each in self.to(chat_id) if each.message_id == body.get("message_id")]
            if not found:
                raise Refused(400, "Bad Request: message to edit not found")
            found[0].text, found[0].buttons = text, _buttons(body)
            found[0].document = _attached(media["media"], body)
            found[0].versions.append(text)
            return self._message(found[0])

    async def _edit_message_reply_markup(self, body: dict[str, Any]) -> object:
        chat_id = self._reachable(body)
        with self._lock:
            found = [each for each in self.to(chat_id) if each.message_id == body.get("message_id")]
            if not found:
                raise Refused(400, "Bad Request: message to edit not found")
            buttons = _buttons(body)
            if found[0].buttons == buttons:
                raise Refused(400, "Bad Request: message is not modified")
            found[0].buttons = buttons
            return self._message(found[0])

    async def _send_document(self, body: dict[str, Any]) -> object:
        return self._keep_file(body, body["document"])

    async def _send_photo(self, body: dict[str, Any]) -> object:
        return self._keep_file(body, body["photo"])

    def _keep_file(self, body: dict[str, Any], file: object) -> object:
        caption = body.get("caption", "")
        text = _checked(caption, body, MOST_CAPTION, "message caption is too long") if caption else ""
        return self._keep(body, text, document=_attached(file, body))

    async def _send_invoice(self, body: dict[str, Any]) -> object:
        if body["currency"] != "XTR" or body.get("provider_token"):
            raise Refused(400, "Bad Request: CURRENCY_INVALID")
        if len(body["prices"]) != 1 or body["prices"][0]["amount"] < 1:
            raise Refused(400, "Bad Request: STARS_INVOICE_INVALID")
        if not (1 <= len(body["title"]) <= 32 and 1 <= len(body["description"]) <= 255):
            raise Refused(400, "Bad Request: INVOICE_TITLE_INVALID")
        if not 1 <= len(body["payload"].encode()) <= 128:
            raise Refused(400, "Bad Request: INVOICE_PAYLOAD_INVALID")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", body.get("start_parameter", "")):
            raise Refused(400, "Bad Request: START_PARAM_INVALID")
        return self._keep(body, body["title"], invoice=body)

    async def _answer_callback_query(self, body: dict[str, Any]) -> object:
        with self._lock:
            if body["callback_query_id"] not in self._queries:
                raise Refused(
                    400,
                    "Bad Request: query is too old and response timeout expired or query ID is invalid",
                )
            self._queries.discard(body["callback_query_id"])
        return True

    async def _answer_pre_checkout_query(self, body: dict[str, Any]) -> object:
        with self._lock:
            late, answered = self._checkouts.pop(body["pre_checkout_query_id"], (0.0, None))
        if answered is None or time.monotonic() > late:
            raise Refused(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        if not body["ok"] and not body.get("error_message"):
            raise Refused(400, "Bad Request: error message must be non-empty")
        answered(body["ok"], body.get("error_message", ""))
        return True

    async def _get_file(self, body: dict[str, Any]) -> object:
        content = self._files.get(body["file_id"])
        if content is None:
            raise Refused(400, "Bad Request: invalid file_id")
        return {
            "file_id": body["file_id"],
            "file_unique_id": f"u-{body['file_id']}",
            "file_size": len(content),
            "file_path": f"documents/{body['file_id']}",
        }

    async def _refund_star_payment(self, body: dict[str, Any]) -> object:
        charge_id = body["telegram_payment_charge_id"]
        if self._charges.get(charge_id) != body["user_id"]:
            raise Refused(400, "Bad Request: CHARGE_NOT_FOUND")
        if charge_id in self.refunded:
            raise Refused(400, "Bad Request: CHARGE_ALREADY_REFUNDED")
        self.refunded.add(charge_id)
        self.people[body["user_id"]].is_given_back(charge_id)
        return True

    # --- messages

    def _keep(
        self,
        body: dict[str, Any],
        text: str,
        document: tuple[str, bytes] | None = None,
        invoice: dict[str, Any] | None = None,
    ) -> object:
        chat_id = self._reachable(body)
        thread_id = body.get("message_thread_id")
        if thread_id is not None and thread_id not in self.people[chat_id].topics:
            raise Refused(400, "Bad Request: message thread not found")
        reply = body.get("reply_parameters", {})
        if reply and not reply.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        with self._lock:
            sent = Sent(
                chat_id,
                self.next_message_id(),
                text,
                reply.get("message_id"),
                _buttons(body),
                _keyboard(body),
                document,
                invoice,
                [text],
                thread_id,
            )
            self.sent.append(sent)
        return self._message(sent)

    def _reachable(self, body: dict[str, Any]) -> int:
        chat_id: int = body["chat_id"]
        person = self.people.get(chat_id)
        if person is None:
            raise Refused(400, "Bad Request: chat not found")
        if person.has_blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat_id

    def _message(self, sent: Sent) -> dict[str, Any]:
        person = self.people[sent.chat_id]
        return {
            "message_id": sent.message_id,
            "date": int(time.time()),
            "chat": person.chat,
            "text": sent.text,
            **_topic(sent.thread_id),
        }


class Person:
    """A person in a private chat with the bot."""

    def __init__(self, server: TelegramServer, chat_id: int, language: str) -> None:
        self.id = chat_id
        self.has_blocked = False
        self.topics: set[int] = set()
        self._server = server
        self.user = {"id": chat_id, "is_bot": False, "first_name": "Ada", "language_code": language}
        self.chat = {"id": chat_id, "type": "private", "first_name": "Ada"}

    def says(
        self, text: str, *, age: int = 0, chat: dict[str, Any] | None = None, thread_id: int | None = None
    ) -> int:
        """Send a text, a number of seconds ago, in a topic of the chat. Returns the message's id."""
        entities = []
        if text.startswith("/"):
            entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self._message(text=text, entities=entities, age=age, chat=chat, **_topic(thread_id))

    def sends_file(self, name: str, content: bytes, *, thread_id: int | None = None) -> int:
        file_id = self._server.keep_file(content)
        return self._message(
            document={
                "file_id": file_id,
                "file_unique_id": f"u-{file_id}",
                "file_name": name,
                "mime_type": "text/csv",
                "file_size": len(content),
            },
            **_topic(thread_id),
        )

    def sends_album(self, files: Mapping[str, bytes]) -> list[int]:
        """Send several files at once. Telegram makes one message of each."""
        return [self.sends_file(name, content) for name, content in files.items()]

    def presses(self, sent: Sent, label: str) -> None:
        """Press an inline button below a message of the bot."""
        self.clicks(sent.message_id, sent.button(label)["callback_data"], thread_id=sent.thread_id)

    def clicks(self, message_id: int, data: str, *, thread_id: int | None = None) -> None:
        self._server.put(
            {
                "callback_query": {
                    "id": self._server.ask_button(),
                    "from": self.user,
                    "chat_instance": "1",
                    "data": data,
                    "message": {
                        "message_id": message_id,
                        "date": int(time.time()),
                        "chat": self.chat,
                        **_topic(thread_id),
                    },
                }
            }
        )

    def checks_out(self, invoice: Mapping[str, Any], answered: Callable[[bool, str], None]) -> None:
        """Press "pay": Telegram sends the bot a pre-checkout query."""
        self._server.put(
            {
                "pre_checkout_query": {
                    "id": self._server.ask_checkout(answered),
                    "from": self.user,
                    "currency": "XTR",
                    "total_amount": invoice["prices"][0]["amount"],
                    "invoice_payload": invoice["payload"],
                }
            }
        )

    def has_paid(self, invoice: Mapping[str, Any], *, chat: dict[str, Any] | None = None) -> str:
        """Telegram reports that it has taken the stars. Returns the charge's id."""
        charge_id = self._server.charge(self.id)
        self.is_told_of(charge_id, invoice, chat=chat)
        return charge_id

    def is_told_of(
        self, charge_id: str, invoice: Mapping[str, Any], *, chat: dict[str, Any] | None = None
    ) -> None:
        self._message(
            chat=chat,
            successful_payment={
                "currency": "XTR",
                "total_amount": invoice["prices"][0]["amount"],
                "invoice_payload": invoice["payload"],
                "telegram_payment_charge_id": charge_id,
                "provider_payment_charge_id": "",
            },
        )

    def is_given_back(self, charge_id: str) -> None:
        """Telegram reports in the chat that the stars were returned."""
        self._message(
            refunded_payment={
                "currency": "XTR",
                "total_amount": 1,
                "invoice_payload": "",
                "telegram_payment_charge_id": charge_id,
            }
        )

    def sends_a_photo(self) -> int:
        return self._message(
            photo=[{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}], caption="look"
        )

    def blocks(self) -> None:
        self.has_blocked = True
        self._member("kicked")

    def unblocks(self) -> None:
        self.has_blocked = False
        self._member("member")

    def _member(self, status: str) -> None:
        bot = {"id": 42, "is_bot": True, "first_name": "Augury", "username": USERNAME}
        self._server.put(
            {
                "my_chat_member": {
                    "chat": self.chat,
                    "from": self.user,
                    "date": int(time.time()),
                    "old_chat_member": {"user": bot, "status": "left"},
                    "new_chat_member": {
                        "user": bot,
                        "status": status,
                        **({"until_date": 0} if status == "kicked" else {}),
                    },
                }
            }
        )

    def _message(self, *, age: int = 0, chat: dict[str, Any] | None = None, **parts: Any) -> int:
        message_id = self._server.next_message_id()
        self._server.put(
            {
                "message": {
                    "message_id": message_id,
                    "date": int(time.time()) - age,
                    "chat": chat or self.chat,
                    "from": self.user,
                    **parts,
                }
            }
        )
        return message_id


def _attached(file: Any, body: Mapping[str, Any]) -> tuple[str, bytes]:
    """The name and content of a file that was sent in a part of the body."""
    named = isinstance(file, str) and file.startswith("attach://")
    found: tuple[str, bytes] = body[file.removeprefix("attach://")] if named else file
    return found


def _topic(thread_id: int | None) -> dict[str, Any]:
    return {} if thread_id is None else {"is_topic_message": True, "message_thread_id": thread_id}


def _checked(text: str, body: Mapping[str, Any], most: int, too_long: str) -> str:
    """The text without its markup. Raises what Telegram would answer to a wrong one."""
    if body.get("parse_mode") == "HTML":
        try:
            text = plain_text(text)
        except BadMarkup as error:
            raise Refused(400, f"Bad Request: can't parse entities: {error}") from error
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > most:
        raise Refused(400, f"Bad Request: {too_long}")
    return text


def _buttons(body: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = body.get("reply_markup", {}).get("inline_keyboard", [])
    for button in (each for row in rows for each in row):
        if not button["text"] or not 1 <= len(button["callback_data"].encode()) <= MOST_BUTTON_BYTES:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return rows


def _keyboard(body: Mapping[str, Any]) -> list[list[str]]:
    rows: list[list[dict[str, str]]] = body.get("reply_markup", {}).get("keyboard", [])
    return [[button["text"] for button in row] for row in rows]


def _read(value: Any) -> Any:
    """The value of a form's field, decoded if it is JSON, as Telegram does."""
    text = value if isinstance(value, str) else bytes(value).decode()
    try:
        return json.loads(text) if text[:1] in '{["tf-0123456789' and not text.startswith('"') else text
    except ValueError:
        return text


def _answer(status: int, body: object) -> web.Response:
    return web.json_response(body, status=status)
