"""The program that opens an untrusted model file:
`python -m augury.outbound.catboost.child FILE MEMORY SECONDS THREADS`.

A crafted file may crash it, fill its memory (up to MEMORY bytes) or keep it running for ever. `inspector`,
which runs it, handles all of these. The limits also end it if `inspector`'s process is gone.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from augury.domain.model import ModelRefused
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import Verdict
from augury.outbound.catboost.shares import with_explanations


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


def limit_memory(most_bytes: int) -> None:
    if sys.platform == "linux":  # other systems do not enforce the limit, or refuse it
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processors(seconds: int, threads: int) -> None:
    """Limit this process to some processors, and to some seconds of CPU time. If memory runs out, the kernel
    kills this process first, not the worker."""
    if sys.platform == "linux":
        import resource

        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, own[:threads])
        spent = seconds * min(threads, len(own))
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent))
        with suppress(OSError):  # where /proc is read-only
            Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main(*sys.argv[1:])
