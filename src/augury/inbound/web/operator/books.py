"""The page of the books: a check of all of them, with its progress."""

from dishka import FromDishka

from augury.application.money.ports import Ledger
from augury.application.operation.check_books import CheckBooks
from augury.inbound.web.operator.desk import author_of, desk_get, desk_page, desk_post, done
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest


@desk_get("/app/desk/books", "/app/desk/books/state")
async def books(
    request: PageRequest, check_books: FromDishka[CheckBooks], ledger: FromDishka[Ledger]
) -> Answer:
    is_part = request.scope["path"].endswith("/state")
    runs = await check_books.last()
    return desk_page(
        request,
        "books",
        "part/checks.html" if is_part else "books.html",
        runs=runs,
        is_running=bool(runs) and runs[0].state == "running",
        last=await ledger.last_check(),
    )


@desk_post("/app/desk/books/check")
async def check(request: PageRequest, check_books: FromDishka[CheckBooks]) -> Answer:
    await check_books.begin(author_of(request))
    return done(request, "books", "check-begun")


ROUTES = (books, check)
