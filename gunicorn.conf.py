"""The web server's settings; a command-line option wins over what stands here."""

from __future__ import annotations

import gc
import os
import resource
from typing import Any

_MOST_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
_FILES = (min(4096, _MOST_FILES) if _MOST_FILES >= 0 else 4096, _MOST_FILES)

# A platform says by PORT where it expects us; without it nobody but this machine is served.
bind = f"0.0.0.0:{os.environ['PORT']}" if os.environ.get("PORT") else "127.0.0.1:8000"

# gthread, whose threads wait for no slow line: half-sent requests and unread answers hold none.
worker_class = "selfcare.web.serving.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
preload_app = True  # imported once, its memory shared; a broken setting stops the start at once

timeout = 60
graceful_timeout = 25  # platforms kill 30 s after SIGTERM
keepalive = 75  # longer than a proxy keeps idle connections, so that we never cut one in use
max_requests = 20_000  # what a library might leak goes with the worker, not all at the same time
max_requests_jitter = 2_000

worker_connections = 900  # of one process; when there are more, the one waiting longest goes
sendfile = False  # what is sent goes through the worker's own buffer
resource.setrlimit(resource.RLIMIT_NOFILE, _FILES)  # connections, and what waits for readers

# A search of 10 000 characters is for the portal to answer (LIST-1), not for a bare 400 of the
# server: 0 leaves it the fast parser's own limit, a megabyte.
limit_request_line = 0

control_socket_disable = True
accesslog = None  # the application writes a line for each request
errorlog = "-"
proc_name = "selfcare-web"


def when_ready(_server: Any) -> None:
    """Before the first fork: what is loaded stays, so the garbage collector need not look at it.

    A list page makes some ten thousand short-lived objects; with Python's usual thresholds the
    collector runs a dozen times for it, a tenth of the page's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
