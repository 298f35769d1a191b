"""Control 2: the same pages as most Django projects would do them, under the project's settings and middleware."""

from __future__ import annotations

from .settings_common import *  # noqa: F403

ROOT_URLCONF = "tests.bench.plain"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "tests" / "bench" / "templates"],  # noqa: F405
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
