"""Run the stand-in console: `python -m demo.console --port 5000 --folder var/demo`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from demo.console.server import serve
from demo.ports import HOST


def main() -> int:
    """Serve until told to stop; the administrator's password comes from `IAM_PASSWORD`."""
    parser = argparse.ArgumentParser(prog="python -m demo.console")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    options.folder.mkdir(parents=True, exist_ok=True)
    password = os.environ.get("IAM_PASSWORD") or "console"
    server = serve(options.port, file=options.folder / "console.json", password=password)
    print(f"The console answers on http://{HOST}:{options.port}/", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
