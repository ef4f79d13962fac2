"""The formats of the files that batches accept and return."""

from litestar.types import Scope
from multipart import parse_options_header

from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import NOT_A_TABLE
from augury.inbound.http.protocol.headers import header_of
from augury.inbound.tables.format import Format

TYPES = {
    Format.CSV: "text/csv",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}
FORM = "multipart/form-data"
_OF_TYPE = {
    **{name: each for each, name in TYPES.items()},
    "application/csv": Format.CSV,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/x-parquet": Format.PARQUET,
}
_OF_ENDING = {"csv": Format.CSV, "tsv": Format.CSV, "txt": Format.CSV, "ndjson": Format.NDJSON}
_OF_ENDING |= {"jsonl": Format.NDJSON, "parquet": Format.PARQUET}
_KNOWN = ", ".join(f"`{each}`" for each in (*TYPES.values(), FORM))


def format_of(content_type: str) -> Format:
    """The format that a content type names. Raises a 415 for any other content type."""
    name = content_type.partition(";")[0].strip().lower()
    if name not in _OF_TYPE:
        said = f", not `{name}`" if name else ""
        raise Refused(NOT_A_TABLE, f"Send one of the content types {_KNOWN}{said}.")
    return _OF_TYPE[name]


def format_of_file(content_type: str, filename: str) -> tuple[Format, bool]:
    """The format of a form's file, by the ending of its name or else by its content type, and whether its
    name says that it is packed with gzip (`.gz`). Raises a 415."""
    name = filename.lower()
    is_packed = name.endswith(".gz")
    ending = name.removesuffix(".gz").rpartition(".")[2]
    if ending in _OF_ENDING:
        return _OF_ENDING[ending], is_packed
    return format_of(content_type), is_packed


def boundary_of(content_type: str) -> str | None:
    """The boundary of a form, None if this is not a form. Raises a 415 if it has none."""
    name, options = parse_options_header(content_type)
    if name.lower() != FORM:
        return None
    if not options.get("boundary"):
        raise Refused(NOT_A_TABLE, "The form's content type has no `boundary`.")
    return str(options["boundary"])


def is_packed(scope: Scope) -> bool:
    """Whether the body is packed with gzip. Raises a 415 for another coding."""
    coding = header_of(scope, b"content-encoding").strip().lower()
    if coding in ("gzip", "x-gzip"):
        return True
    if coding in ("", "identity"):
        return False
    raise Refused(NOT_A_TABLE, f"`Content-Encoding` can be `gzip`, not `{coding}`.")
