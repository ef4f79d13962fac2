"""The commands that show models and their versions."""

import asyncio
import json
from pathlib import Path

import click

from augury.application.models.compare_versions import MOST_MINUTES, CompareVersions
from augury.bootstrap.cli.listing import Entry, echo_json, json_option, say, show
from augury.bootstrap.cli.model.arguments import OUTPUT
from augury.bootstrap.operating import Operator, operates
from augury.domain.model import CardNotFound, Model, ModelRef, ModelState
from augury.domain.model_texts import LANGUAGES
from augury.domain.model_upload import ModelUpload


@click.command("list")
@json_option
@operates
async def list_(operator: Operator, *, as_json: bool) -> None:
    """Show every version of every model, including files that are being checked or were refused."""
    uploads = {
        each.ref: each for each in await operator.model_uploads.all() if each.state is not ModelState.READY
    }
    versions: dict[ModelRef, Model | ModelUpload] = {**uploads}
    versions |= {each.ref: each for each in await operator.models.all()}
    entries = [_entry(each) for _, each in sorted(versions.items(), key=lambda each: _place(each[0]))]
    columns = ("model", "state", "task", "row_price", "features", "sha256", "text_price", "reason")
    show(entries, columns=columns, as_json=as_json)


def _place(ref: ModelRef) -> tuple[str, int]:
    return ref.name, ref.version


def _entry(version: Model | ModelUpload) -> Entry:
    offered = version if isinstance(version, Model) else None
    terms = version if isinstance(version, Model) else version.terms
    return {
        "model": str(version.ref),
        "state": version.state,
        "task": offered.facts.task if offered else None,
        "row_price": terms.row_price,
        "text_price": terms.text_price,
        "features": len(offered.facts.schema.features) if offered else None,
        "sha256": version.sha256,
        "reason": str(version.reason) if isinstance(version, ModelUpload) and version.reason else None,
    }


@click.command("card")
@click.argument("model")
@click.option("--html", type=OUTPUT, help="Save the card as a page for people.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="The language of the page.",
)
@operates
async def card(operator: Operator, model: str, html: Path | None, language: str) -> None:
    """Print the card of MODEL (name or name@version) as JSON: its data, its scores and their intervals."""
    from augury.cards.card import decoded
    from augury.cards.page import page

    ref = (await operator.models.get(model)).ref
    text = await operator.models.card(ref)
    if text is None:
        raise CardNotFound(model=str(ref))
    if html is None:
        echo_json(json.loads(text))
        return
    await asyncio.to_thread(html.write_text, page(decoded(text), str(ref), language), "utf-8")
    say(f"the card of {ref} is in {html}")


@click.command("compare")
@click.argument("name")
@click.option(
    "--minutes",
    type=click.IntRange(1, MOST_MINUTES),
    default=60,
    show_default=True,
    help="How far to look back, at most a week.",
)
@json_option
@operates
async def compare(operator: Operator, name: str, minutes: int, *, as_json: bool) -> None:
    """Compare the versions of NAME: failures, durations and answers."""
    from augury.bootstrap.cli.model.health import COLUMNS, health_entry

    compared = CompareVersions(models=operator.models, counts=operator.version_counts)
    found = await compared(name, minutes=minutes)
    show([health_entry(each) for each in found], columns=COLUMNS, as_json=as_json)
