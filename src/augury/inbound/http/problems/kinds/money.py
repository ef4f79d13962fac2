"""Problems with credits, payments, promo codes and the books."""

from collections.abc import Mapping

from augury.domain.api_key import SpendingLimitReached
from augury.domain.balance import DebtUnsettled, NotEnoughCredits, NotReversible
from augury.domain.chat import PaymentNotFound, RefundRefused
from augury.domain.errors import DomainError
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.payment import AlreadyReversed, PaymentTaken, TopUpNotFound
from augury.domain.prediction import AlreadyRefunded, NotRefundable
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.promo_code import (
    InvalidPromoCode,
    PromoCodeNotFound,
    PromoCodeRedeemed,
    PromoCodeTaken,
    PromoCodeUsedUp,
)
from augury.domain.transfer import MOST_CREDITS, BooksDisagree, InvalidAmount
from augury.inbound.http.problems.refusals import Kind, named

KINDS: Mapping[type[DomainError], Kind] = {
    NotEnoughCredits: Kind(
        402,
        "not-enough-credits",
        "Not enough credits",
        named("available", "price"),
        "Credits needed: {price}, available: {available}. `POST /balance/redeem` takes promo codes.",
    ),
    MaxPriceExceeded: Kind(
        402,
        "max-price-exceeded",
        "Price above `max_price`",
        named("price", "max_price"),
        "Credits needed: {price}, `max_price`: {max_price}. Nothing was charged.",
    ),
    SpendingLimitReached: Kind(
        402,
        "spending-limit-reached",
        "Spending limit of the API key reached",
        named("period", "limit", "spent", "price", "resets_at"),
        "Credits needed: {price}. The API key has spent {spent} of {limit} this {period} (UTC). Its owner "
        "can raise the limit.",
    ),
    InvalidAmount: Kind(
        422,
        "invalid-amount",
        "Invalid amount",
        named("amount", "most"),
        "The amount {amount} is not possible. It must be from 1 to {most}, and a balance can have at most "
        f"{MOST_CREDITS}.",
    ),
    BooksDisagree: Kind(500, "internal-error", "Internal error"),
    PaymentNotFound: Kind(404, "payment-not-found", "No such payment", named("charge_id")),
    RefundRefused: Kind(409, "refund-refused", "Refund refused", named("reason")),
    TopUpNotFound: Kind(404, "top-up-not-found", "No such top-up"),
    AlreadyReversed: Kind(409, "already-reversed", "Already reversed"),
    DebtUnsettled: Kind(
        409,
        "debt-unsettled",
        "Debt not settled",
        named("debt"),
        "Credits owed for a payment that was returned: {debt}. Settle them first.",
    ),
    NotReversible: Kind(409, "not-reversible", "Not reversible", named("amount", "available")),
    NotRefundable: Kind(
        409,
        "not-refundable",
        "Not refundable",
        named("charged"),
        "Credits charged for this prediction: {charged}. No more can be refunded.",
    ),
    AlreadyRefunded: Kind(409, "already-refunded", "Already refunded"),
    CheckUnderWay: Kind(409, "check-under-way", "Check under way"),
    PaymentTaken: Kind(409, "payment-taken", "Already credited"),
    InvalidPromoCode: Kind(422, "invalid-promo-code", "Invalid promo code"),
    PromoCodeTaken: Kind(409, "promo-code-taken", "Promo code taken", named("code")),
    PromoCodeNotFound: Kind(404, "promo-code-not-found", "No such promo code"),
    PromoCodeUsedUp: Kind(409, "promo-code-used-up", "Promo code used up"),
    PromoCodeRedeemed: Kind(409, "promo-code-redeemed", "Promo code already redeemed"),
}
