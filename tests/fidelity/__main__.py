"""Write `docs/fidelity.md`: `python -m tests.fidelity`."""

from __future__ import annotations

import sys

from tests.fidelity.case import METRICS, compare
from tests.fidelity.page import PAGE, page
from tests.fidelity.registry import cases


def main() -> int:
    """Do all cases, write the page, say which do not hold."""
    results = {one.name: compare(one) for one in cases()}
    PAGE.write_text(page(results), encoding="utf-8")
    off = [one.name for one in cases() if not METRICS[one.metric].holds(results[one.name], one.tolerance)]
    print(f"{PAGE.name}: {len(results)} cases", *(f"off: {name}" for name in off), sep="\n")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
