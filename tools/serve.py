"""Serve the built site on localhost: ``make serve``, or ``python tools/serve.py --port 8000``.

A port that is taken is said in one line, and the next one is tried. Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
import errno
import functools
import http.server
import os
import signal
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
TRIES = 20


class Handler(http.server.SimpleHTTPRequestHandler):
    """Quiet, and never cached: the site may be built again while it is looked at."""

    protocol_version = "HTTP/1.1"  # one connection for many files

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader who leaves in the middle of a page is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def listen(folder: Path, bind: str, port: int) -> Server:
    """A server on ``port`` or, where that is taken, on the first free one after it."""
    handler = functools.partial(Handler, directory=str(folder))
    for candidate in range(port, port + TRIES):
        try:
            return Server((bind, candidate), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                sys.exit(f"cannot serve on {bind}:{candidate}: {error.strerror}")
            print(f"port {candidate} is taken, trying {candidate + 1}", flush=True)
    sys.exit(f"no free port from {port} to {candidate}: choose another with --port")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--bind", default="127.0.0.1", help="0.0.0.0 serves the whole network")
    parser.add_argument("--folder", type=Path, default=SITE)
    options = parser.parse_args()
    if not (options.folder / "index.html").exists():
        sys.exit("the site is not built: run `make book` first")
    server = listen(options.folder, options.bind, options.port)
    host = options.bind.replace("0.0.0.0", "127.0.0.1")
    print(f"the book is at http://{host}:{server.server_port}/  (Ctrl-C stops it)", flush=True)
    # make and process managers end it with SIGTERM: leave as quietly as after Ctrl-C
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
