"""The program that opens an untrusted model file:
`python -m augury.outbound.catboost.child FILE MEMORY SECONDS THREADS`.

A crafted file may crash it, fill its memory (up to MEMORY bytes) or keep it running forever. `inspector`,
which runs it, handles all of these. The limits also end it if `inspector`'s process is gone.
"""

import os
import sys
from pathlib import Path

import msgspec

from augury.domain.model import ModelRefused
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import Verdict
from augury.outbound.catboost.shares import with_explanations
from augury.outbound.child_process import limit_memory, limit_processors


def main(file: str, memory: str, seconds: str, threads: str) -> None:
    """Print the verdict as JSON, and nothing else, on standard output."""
    verdict = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of the library must not mix with the verdict
    limit_memory(int(memory))
    limit_processors(int(seconds), int(threads))
    with verdict:
        verdict.write(msgspec.json.encode(judge(Path(file))))


def judge(file: Path) -> Verdict:
    try:
        model = open_model(file)
        return Verdict(facts=with_explanations(model, facts_of(model)))
    except ModelRefused as refusal:
        return Verdict(refused=refusal.reason)


if __name__ == "__main__":
    main(*sys.argv[1:])
