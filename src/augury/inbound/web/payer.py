"""The user who pays for a prediction and may read it: a member, or the guest of the request's network."""

from augury.application.people.admit_guest import AdmitGuest
from augury.application.people.find_guests import FindGuests
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.domain.guest import GuestsNotServed
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound
from augury.inbound.web.outside import Outside
from augury.inbound.web.visitor import PageRequest, SignInFirst


async def payer(request: PageRequest) -> UserId:
    """The member, or today's guest of this network. Raises `SignInFirst`, `TooManyGuests`."""
    if request.user.user:
        return request.user.user.id
    outside: Outside = request.app.state.outside
    admit_guest: AdmitGuest = request.app.state.admit_guest
    try:
        return await admit_guest(outside.place(request.scope))
    except GuestsNotServed:
        raise SignInFirst from None


async def readable(
    request: PageRequest, wanted: PredictionId, predictions: Predictions, find_guests: FindGuests
) -> StoredPrediction:
    """The visitor's own prediction, or one from a guest of this network. Raises `PredictionNotFound`."""
    if request.user.user:
        return await predictions.get(wanted, owner=request.user.user.id)
    outside: Outside = request.app.state.outside
    try:
        async for guest in find_guests(outside.place(request.scope)):
            try:
                return await predictions.get(wanted, owner=guest)
            except PredictionNotFound:
                pass  # it may belong to yesterday's guest
    except GuestsNotServed:
        raise SignInFirst from None
    raise PredictionNotFound(wanted)
