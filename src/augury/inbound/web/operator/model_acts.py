"""What an administrator does with one version of a model."""

from dishka import FromDishka
from litestar.params import FromPath

from augury.application.models.change_model import ChangeModel
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.start_canary import StartCanary
from augury.domain.model import ModelRef, ModelState
from augury.inbound.web.given import typed_number
from augury.inbound.web.operator.desk import author_of, desk_post, done
from augury.inbound.web.rendering import Answer
from augury.inbound.web.visitor import PageRequest

VERSION = "/app/desk/models/{ref:str}"


@desk_post(f"{VERSION}/price")
async def price(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    form = await request.form()
    row, text, explain = (
        typed_number(form.get(name)) for name in ("row_price", "text_price", "explain_price")
    )
    version, author = ModelRef.parse(ref), author_of(request)
    await change(
        ref=version,
        row_price=row,
        text_price=text,
        explain_price=explain,
        explains_at_row_price=explain is None and "explain_price" in form,
        author=author,
    )
    return done(request, f"models/{version}", "priced")


@desk_post(f"{VERSION}/activate")
async def activate(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    version = ModelRef.parse(ref)
    await change(ref=version, state=ModelState.ACTIVE, author=author_of(request))
    return done(request, f"models/{version}", "activated")


@desk_post(f"{VERSION}/retire")
async def retire(request: PageRequest, ref: FromPath[str], change: FromDishka[ChangeModel]) -> Answer:
    version = ModelRef.parse(ref)
    await change(ref=version, state=ModelState.RETIRED, author=author_of(request))
    return done(request, f"models/{version}", "retired")


@desk_post(f"{VERSION}/canary")
async def canary(request: PageRequest, ref: FromPath[str], start: FromDishka[StartCanary]) -> Answer:
    version, percent = ModelRef.parse(ref), typed_number((await request.form()).get("percent"))
    await start(ref=version, share=(percent or 0) / 100, author=author_of(request))
    return done(request, f"models/{version}", "canary")


@desk_post(f"{VERSION}/promote")
async def promote(
    request: PageRequest, ref: FromPath[str], promote_model: FromDishka[PromoteModel]
) -> Answer:
    version = ModelRef.parse(ref)
    await promote_model(version, author=author_of(request))
    return done(request, f"models/{version}", "promoted")


@desk_post(f"{VERSION}/roll-back")
async def roll_back(
    request: PageRequest, ref: FromPath[str], roll_back_model: FromDishka[RollBackModel]
) -> Answer:
    version = ModelRef.parse(ref)
    await roll_back_model(version, author=author_of(request))
    return done(request, f"models/{version}", "rolled-back")


ROUTES = (price, activate, retire, canary, promote, roll_back)
