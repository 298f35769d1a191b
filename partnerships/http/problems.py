"""What is wrong with a request, for programs: problem details (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """A problem that its status says all of; ``more`` are members of our own."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}


def problem_response(status: int, detail: str) -> HttpResponse:
    return HttpResponse(json.dumps(problem(status, detail)), content_type=CONTENT_TYPE, status=status)
