"""The folder that holds all of the demo's data: its lock, its files, its removal.

Standard library only: `make demo-reset` works before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_USUAL = Path(__file__).parent.parent / "var" / "demo"


class DemoRunningError(RuntimeError):
    """Another demo uses the folder."""


class DemoFolder:
    """The folder that a demo keeps between its starts."""

    def __init__(self, path: Path | None = None) -> None:
        """Use the usual folder, or that of `DEMO_FOLDER`; the first file put in makes it."""
        path = path or Path(os.environ.get("DEMO_FOLDER") or _USUAL).absolute()
        self.path = path
        self.database = path / "portal.sqlite3"
        self.redis = path / "redis"
        self.mails = path / "mails"
        self.documents = path / "documents"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other demos out.

        The lock is the kernel's, so none is left behind by a demo that was killed; the process id
        in the file is there to be read by people.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                msg = f"A demo is running already here (process {lock.read().strip() or '?'})."
                raise DemoRunningError(msg) from None
            lock.truncate(0)
            print(os.getpid(), file=lock, flush=True)
            yield

    def secret_key(self) -> str:
        """Give the key that signs cookies: made once, so that people stay signed in."""
        file = self.path / "secret-key"
        with contextlib.suppress(FileNotFoundError):
            if key := file.read_text().strip():
                return key
        key = secrets.token_urlsafe(48)
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            print(key, file=output)
        return key

    def disown_documents(self) -> None:
        """Let the documents belong to the next portal that asks: the demo's has many addresses.

        A port that is taken is replaced, and nobody else's portal starts with this folder.
        """
        (self.documents / "portal").unlink(missing_ok=True)

    def wipe(self) -> None:
        """Forget everything, unless a demo is running."""
        if self.path.exists():
            with self.locked():
                shutil.rmtree(self.path)


def main() -> int:
    """Wipe the demo's folder."""
    try:
        DemoFolder().wipe()
    except DemoRunningError as running:
        print(f"{running} Stop it first (Ctrl-C in its terminal).", file=sys.stderr)
        return 1
    print("The demo's data is gone; `make demo` starts afresh.")
    if os.environ.get("DATABASE_URL"):
        print("The database that DATABASE_URL names was left as it is.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
