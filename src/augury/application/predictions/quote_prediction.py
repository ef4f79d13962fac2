from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.requests import checked
from augury.concurrency.aside import aside
from augury.domain.api_key import KeyTerms
from augury.domain.identifiers import UserId
from augury.domain.model import Model
from augury.domain.pricing import bytes_of_text, require_at_most
from augury.domain.row_errors import RowError, kept_errors


@dataclass(frozen=True, slots=True)
class Quote:
    """The cost of a request, and the errors of its rows."""

    model: Model
    rows: int
    valid_rows: int
    text_bytes: int
    """The text of all rows, as it is counted for the price."""
    unfit_text_bytes: int
    """The text of the invalid rows."""
    errors: Sequence[RowError]
    """The first of them, one for each invalid row."""
    waiting: int
    """The unfinished predictions of all users, counted up to `Limits.max_waiting`."""
    explained: bool
    """Whether the request asks for explanations."""

    @property
    def error_count(self) -> int:
        return self.rows - self.valid_rows

    @property
    def price(self) -> int:
        """Credits that would be held."""
        return self.model.price(self.rows, self.text_bytes, explained=self.explained)

    @property
    def charge(self) -> int:
        """Credits that would be charged if every valid row is predicted."""
        valid = self.valid_rows
        text_bytes = self.text_bytes - self.unfit_text_bytes
        return self.model.price(valid, text_bytes, explained=self.explained) if valid else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotePrediction:
    """Tell the price of a prediction, which of its rows are valid, and how many predictions of all users wait
    before it. Nothing is stored or charged."""

    models: Models
    predictions: Predictions
    limits: Limits

    async def __call__(
        self,
        *,
        data: object,
        size: int = 0,
        model: str | None = None,
        max_price: int | None = None,
        user_id: UserId | None = None,
        explain: int | None = None,
        terms: KeyTerms | None = None,
        top: int | None = None,
    ) -> Quote:
        """`data` is one row (an object) or many (an array of objects), decoded from `size` bytes. `model` is
        `name` or `name@version`, or None for the default model. `explain` and `top` are as in `Submission`.
        `terms` are the rights of the caller's API key.

        Raises `ModelNotFound`, `ModelNotListed`, `NoRows`, `TooManyRows`, `NotExplained`,
        `ExplanationTooLarge`, `AnswerTooLarge`, `NoClasses`, `InvalidAmount`, and `MaxPriceExceeded` if the
        price is above `max_price`.
        """
        named = self.limits.default_model if model is None else model
        found = await self.models.get(named, user_id=user_id)
        if terms is not None:
            terms.require_model(found.ref)
        most_rows = self.limits.max_rows
        rows, errors = await aside(
            size,
            lambda: checked(data, found, self.limits, most_rows=most_rows, explain=explain, top=top),
        )
        schema = found.facts.schema
        quote = Quote(
            found,
            rows=len(rows),
            valid_rows=len(rows) - len(errors),
            text_bytes=bytes_of_text(schema, rows),
            unfit_text_bytes=bytes_of_text(schema, [rows[error.row] for error in errors]),
            errors=kept_errors(errors, most=self.limits.max_errors),
            explained=explain is not None,
            waiting=await self.predictions.waiting(at_most=self.limits.max_waiting),
        )
        require_at_most(max_price, quote.price)
        return quote
