"""CSV files as the bot reads them."""

import io

from augury.domain.input_schema import InputSchema
from augury.inbound.telegram.csv_rows import CsvRows, read_csv, survey_csv


def read(content: bytes, schema: InputSchema, *, most: int) -> CsvRows:
    """The file as it is read after its price is confirmed. Checks that the survey before finds the same."""
    found = read_csv(lambda: io.BytesIO(content), schema, most=most)
    assert survey_csv(lambda: io.BytesIO(content), schema, most=most) == found.survey
    return found
