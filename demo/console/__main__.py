"""Run the stand-in console: `python -m demo.console --socket 3 --folder var/demo`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from demo.console.server import serve


def main() -> int:
    """Serve until told to stop; the administrator's password comes from `IAM_PASSWORD`."""
    parser = argparse.ArgumentParser(prog="python -m demo.console")
    parser.add_argument("--socket", type=int, required=True, help="the number of an open one")
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    options.folder.mkdir(parents=True, exist_ok=True)
    password = os.environ.get("IAM_PASSWORD") or "console"
    file = options.folder / "console.json"
    serve(0, inherited=options.socket, file=file, password=password).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
