"""The container's health check, ``python -m config.health``: whether the server in it answers ``/healthz``.

Without Django, because it runs every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

PORT = 8000  # as in the Dockerfile


def is_healthy(port: int = PORT) -> bool:
    hosts = os.environ.get("ALLOWED_HOSTS", "").split(",")
    name = urlsplit(os.environ.get("SITE_URL", "")).netloc or hosts[0] or "127.0.0.1"  # one that is answered to
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": name})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_healthy(*map(int, sys.argv[1:2])))
