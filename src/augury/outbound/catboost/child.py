"""The program that opens a stranger's model file: `python -m augury.outbound.catboost.child FILE MEMORY`.

A crafted file may end it, fill its memory (in bytes, at most MEMORY) or never let it end: no matter,
`inspector` runs it and draws its conclusion.
"""

import os
import sys
from pathlib import Path

import msgspec

from augury.domain.model import ModelRefused
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import Verdict


def main(file: str, memory: str) -> None:
    """Print the verdict as JSON, and nothing else, on standard output."""
    verdict = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the library prints must not get between
    limit_memory(int(memory))
    with verdict:
        verdict.write(msgspec.json.encode(judge(Path(file))))


def judge(file: Path) -> Verdict:
    try:
        return Verdict(facts=facts_of(open_model(file)))
    except ModelRefused as refusal:
        return Verdict(refused=refusal.reason)


def limit_memory(most_bytes: int) -> None:
    if sys.platform == "linux":  # elsewhere the limit is not enforced, or refused
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
