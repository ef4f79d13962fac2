"""Values of the examples in the API's description."""

from uuid import UUID

from augury.domain.identifiers import PredictionId

PREDICTION_ID = PredictionId(UUID("01994d2f-7c1e-7000-8a3b-5c6d7e8f9012"))
