"""Settings: one file, driven by environment variables (README, "Settings").

A bad value stops start-up with an ``ImproperlyConfigured`` that names the variable. A ``.env`` file beside
``manage.py`` is read where there is one; real environment variables win over it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError
from xstatic.pkg import leaflet

from partnerships import after_paint

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}

# The port of “make run PORT=…”; one that is none is refused by the command that is to listen on it.
_given_port = os.environ.get("PORT", "")
_port = _given_port if _given_port.isascii() and _given_port.isdigit() else "8000"

env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)


def _site_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise EnvError("it must be like https://directory.example.org, without a path.")
    return f"{parts.scheme}://{parts.netloc}"


def _tile_url(text: str) -> str:
    parts = urlsplit(text)
    is_address = parts.scheme in {"http", "https"} and re.fullmatch(r"[\w.-]+(:\d+)?", parts.netloc, re.ASCII)
    if text and not (is_address and all(name in parts.path for name in ("{z}", "{x}", "{y}"))):
        raise EnvError("it must be like https://tiles.example.org/{z}/{x}/{y}.png.")
    return text


def _proxies(text: str) -> list[str]:
    """Addresses and networks only: Granian takes “*” too, and then believes what clients say of their own address."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return [str(ipaddress.ip_network(part) if "/" in part else ipaddress.ip_address(part)) for part in parts]
    except ValueError as error:
        raise EnvError(f"it must be addresses or networks, separated by commas: {error}.") from error


def _whole_number(text: str, largest: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= largest):
        raise EnvError(f"it must be a whole number from 0 to {largest}.")
    return int(text)


def _secret_key(var: Path) -> str:
    """The key under ``var/``, made on first use and readable by its owner only."""
    path = var / "secret_key"
    try:
        var.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Linked into place whole: several processes may start at once, and all must read the same key.
            with tempfile.NamedTemporaryFile("w", dir=var) as file, contextlib.suppress(FileExistsError):
                file.write(secrets.token_urlsafe(60))
                file.flush()
                os.link(file.name, path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"cannot make {path} ({error.strerror}); set SECRET_KEY or VAR_DIR.") from error


def _email(text: str) -> str:
    """Empty stands for none."""
    try:
        if text:
            validate_email(text)
    except ValidationError as error:
        raise EnvError("it must be an e-mail address, like directory@example.org.") from error
    return text


def _email_url(text: str) -> dict[str, Any]:
    """Django's settings of e-mail; nothing where no server is named."""
    if not text:
        return {}
    wrong = EnvError("it must be like submission://user:password@mail.example.org, or console: to print letters.")
    try:
        found = dj_email_url.parse(text)
        is_complete = bool(
            found.get("EMAIL_BACKEND") and (text.startswith(("console:", "file:")) or urlsplit(text).hostname)
        )
    except (KeyError, ValueError) as error:
        raise wrong from error
    if not is_complete:
        raise wrong
    return {name: value for name, value in found.items() if value is not None}


def _replica_urls(text: str) -> list[dict[str, Any]]:
    """Django's settings of each database; addresses are separated by commas."""
    urls = [part.strip() for part in text.split(",") if part.strip()]
    if any(urlsplit(url).scheme not in {"postgres", "postgresql"} for url in urls):
        raise EnvError("it must be like postgres://user:password@replica.example.org/name, separated by commas.")
    return [cast(dict[str, Any], dj_database_url.parse(url)) for url in urls]


def _cache_url(text: str) -> str:
    parts = urlsplit(text)
    names_a_server = parts.path if parts.scheme == "unix" else parts.hostname
    if text and (parts.scheme not in {"redis", "rediss", "unix"} or not names_a_server):
        raise EnvError("it must be like redis://cache.example.org:6379/0.")
    return text


def _emails(text: str) -> list[str]:
    return [_email(part.strip()) for part in text.split(",") if part.strip()]


def _token(text: str) -> str:
    """A long text that can stand in a header; empty stands for none."""
    if text and not re.fullmatch(r"[!-~]{16,}", text, re.ASCII):
        raise EnvError("it must be 16 or more letters, digits and signs, without spaces.")
    return text


def _sentry_dsn(text: str) -> str:
    if text:
        from sentry_sdk.utils import BadDsn, Dsn

        try:
            Dsn(text)
        except (BadDsn, ValueError) as error:
            raise EnvError("it must be like https://key@sentry.example.org/1.") from error
    return text


env.add_parser("site_url", _site_url)
env.add_parser("replica_urls", _replica_urls)
env.add_parser("cache_url", _cache_url)
env.add_parser("email_url", _email_url)
env.add_parser("email_address", _email)
env.add_parser("email_addresses", _emails)
env.add_parser("sentry_dsn", _sentry_dsn)
env.add_parser("token", _token)
env.add_parser("tile_url", _tile_url)
env.add_parser("proxies", _proxies)
env.add_parser("whole_number", _whole_number)

try:
    DEBUG = env.bool("DEBUG", default=False)
    VAR_DIR = env.path("VAR_DIR", default=BASE_DIR / "var").resolve()
    SITE_URL = env.site_url("SITE_URL", default=f"http://127.0.0.1:{_port}")
    _site_host = urlsplit(SITE_URL).hostname or ""
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=sorted(LOOPBACK_NAMES | {_site_host}))
    TRUSTED_PROXIES: list[str] = env.proxies("TRUSTED_PROXIES", default="")
    _database = env.dj_db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'directory.sqlite3'}")
    _replicas: list[dict[str, Any]] = env.replica_urls("DATABASE_REPLICA_URLS", default="")
    CACHE_URL: str = env.cache_url("CACHE_URL", default="")
    CDN_SECONDS = env.whole_number("CDN_SECONDS", default="0", largest=86_400)
    TILE_URL: str = env.tile_url("TILE_URL", default="")
    KEEP_PAGES = env.whole_number("KEEP_PAGES", default="32", largest=100_000)
    RATE_LIMIT = env.whole_number("RATE_LIMIT", default="600", largest=1_000_000)
    CONTACT_EMAIL: str = env.email_address("CONTACT_EMAIL", default="")
    REVIEW_BY_ANOTHER = env.bool("REVIEW_BY_ANOTHER", default=False)
    _email_settings: dict[str, Any] = env.email_url("EMAIL_URL", default="")
    LOG_REQUESTS = env.bool("LOG_REQUESTS", default=False)
    SLOW_QUERY_MS = env.whole_number("SLOW_QUERY_MS", default="500", largest=3_600_000)
    METRICS_TOKEN: str = env.token("METRICS_TOKEN", default="")
    ERROR_EMAIL: list[str] = env.email_addresses("ERROR_EMAIL", default="")
    SENTRY_DSN: str = env.sentry_dsn("SENTRY_DSN", default="")
    _is_local = set(ALLOWED_HOSTS) <= LOOPBACK_NAMES
    REQUIRE_MFA = env.bool("REQUIRE_MFA", default=not _is_local)
    _given_key = env.str("SECRET_KEY", default="")
except (EnvError, ValueError) as error:
    raise ImproperlyConfigured(str(error)) from error

if not _given_key and not _is_local:
    raise ImproperlyConfigured(
        "SECRET_KEY must be set, because ALLOWED_HOSTS or SITE_URL make the site answer to more than this machine."
    )
SECRET_KEY = _given_key or _secret_key(VAR_DIR)
if ERROR_EMAIL and not _email_settings:
    raise ImproperlyConfigured("ERROR_EMAIL needs a mail server: set EMAIL_URL too.")

# --- The project ---------------------------------------------------------------------------------------------------

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURES_PACKAGE = BASE_DIR / "fixtures"

INSTALLED_APPS = [
    "partnerships.apps.PartnershipsConfig",
    "partnerships.apps.DirectoryAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "partnerships.http.cross_origin.cross_origin",
    "partnerships.http.rate_limit.rate_limit",
    "partnerships.http.body_limit.body_limit",
    "partnerships.http.kept_pages.kept_pages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "partnerships.http.curators.SessionMiddleware",
    "partnerships.http.language.language_from_path",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "partnerships.http.curators.AuthenticationMiddleware",
    "partnerships.http.curators.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    # The public pages.
    {
        "NAME": "jinja2",
        "BACKEND": "partnerships.templating.Pages",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "partnerships.templating.PageEnvironment"},
    },
    # The admin, and the pages of accounts.
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "partnerships.accounts.context.for_account_pages",
            ],
        },
    },
]

# More parameters than any address that the server accepts (64 KiB) can hold: lists use a bounded number of them and
# say so, which is better than a bare 400.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 40_000

# --- Database ------------------------------------------------------------------------------------------------------

if _database["ENGINE"] == "django.db.backends.sqlite3":
    # Django REST framework would load psycopg for fields that there are none of: 9 MB of each worker.
    sys.modules.setdefault("django.contrib.postgres.fields", None)  # type: ignore[arg-type]
    # WAL lets readers go on while a curator saves; IMMEDIATE takes the write lock at the start of a transaction, so
    # that waiting (busy timeout, 20 s) is possible where an upgrade of a read lock would fail at once.
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # Each thread's cache in KB: what SQLite reads is in the system's, too; 2 MB, its default, makes nothing faster.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-500;"
        ),
    }
    _database["CONN_MAX_AGE"] = None  # to open the file takes longer than to deliver a page that is kept
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["CONN_MAX_AGE"] = 0  # the pool keeps connections, Django must not
    _database.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 10, "timeout": 10}
else:
    raise ImproperlyConfigured("DATABASE_URL must be a sqlite:/// or a postgres:// address.")
DATABASES = {"default": _database}

# Read instead of the primary, for public pages (partnerships/databases.py).
REPLICAS = [f"replica{number}" for number in range(1, len(_replicas) + 1)]
for _alias, _replica in zip(REPLICAS, _replicas, strict=True):
    _waiting = {"connect_timeout": 2, "tcp_user_timeout": 5000, "pool": {"min_size": 1, "max_size": 10, "timeout": 2}}
    DATABASES[_alias] = {
        **_replica,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**_waiting, **_replica.get("OPTIONS", {})},
        "TEST": {"MIRROR": "default"},
    }
if REPLICAS:
    if _database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_REPLICA_URLS needs PostgreSQL in DATABASE_URL.")
    DATABASE_ROUTERS = ["config.routers.Replicas"]

# What all workers, and all servers of one database, must know of each other for a short while: attempts to sign in,
# codes that were used. It must not be lost when a cache is.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_for_a_while",
        "KEY_FUNCTION": "partnerships.accounts.cache_keys.digest",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
if CACHE_URL:
    # Finished pages, shared by all servers (http/shared_pages.py). Whoever waits for it waits longer than it saves.
    CACHES["pages"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "page",
        "OPTIONS": {
            "serializer": "partnerships.http.shared_pages.AsItIs",
            "socket_timeout": 0.25,
            "socket_connect_timeout": 0.25,
        },
    }

# --- Languages -----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [("leaflet", leaflet.BASE_DIR)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "partnerships.static_files.OnePieceStaticFilesStorage"
    },
}

# --- Security ------------------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
_https = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # what asks on the machine itself speaks plain http
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
# W005 and W021 ask for HSTS on all subdomains and in the browsers' preload list: other sites of a city's domain are
# not ours to decide about. What W009 says of the key, partnerships.E001 says with how to make one.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W009", "security.W021"]
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
_tiles = urlsplit(TILE_URL)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, after_paint.DIGEST],
        # The one thing that may come from elsewhere: the map's tiles, where they are wanted.
        "img-src": [SELF, *([f"{_tiles.scheme}://{_tiles.netloc}"] if TILE_URL else [])],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Logging -------------------------------------------------------------------------------------------------------

# Everything goes to the standard error of the process: as JSON, or as lines to read where that is a terminal. Loggers
# have no handlers of their own, so that nothing is written in another way than by the root's (monitoring/logs.py).
_is_at_a_terminal = sys.stderr is not None and sys.stderr.isatty()
_reports = {
    **({"mail": {"class": "partnerships.monitoring.reports.MailedReports"}} if ERROR_EMAIL else {}),
    **({"sentry": {"class": "partnerships.monitoring.reports.SentryReports"}} if SENTRY_DSN else {}),
}
_format = "plain" if DEBUG else "readable" if _is_at_a_terminal else "json"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},  # with all that a developer needs
        "readable": {"()": "partnerships.monitoring.logs.ReadableLines"},
        "json": {"()": "partnerships.monitoring.logs.JSONLines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": _format}, **_reports},
    "root": {"handlers": ["stderr", *_reports], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO" if DEBUG else "ERROR", "propagate": True},
        "partnerships": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
# What Granian itself has to say, in its main process and in each worker, is written in the same way.
SERVER_LOGGING: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}

# --- The API -------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "PartnershipKind": "partnerships.models.Partnership.Kind",
        "PartnershipStatus": "partnerships.models.Partnership.Status",
        "ActorKind": "partnerships.models.Actor.Kind",
        "ActorNameKind": "partnerships.models.ActorName.Kind",
        "MilestoneKind": "partnerships.models.Milestone.Kind",
        "SourceKind": "partnerships.models.Source.Kind",
        "Language": "partnerships.models.Source.Language",
        "Country": "partnerships.models.Country",
        "Role": "partnerships.models.Participation.Role",
        "Supports": "partnerships.models.Citation.Supports",
        "Grade": "partnerships.models.Outcome.Grade",
        "SuggestionType": "partnerships.api.shapes.SUGGESTION_TYPES",
    },
}

# --- E-mail --------------------------------------------------------------------------------------------------------

EMAIL_IS_CONFIGURED = bool(_email_settings)  # otherwise links are shown to be handed on, and nothing is sent
DEFAULT_FROM_EMAIL = CONTACT_EMAIL or f"directory@{_site_host if '.' in _site_host else 'localhost'}"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
globals().update(_email_settings)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Accounts ------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["partnerships.accounts.backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "partnerships.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_SIGNUP_ENABLED = False  # people are invited (services/invitations.py)
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
# “key” is account and address together (accounts/adapters.py), so that nobody is locked out by a stranger.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_ADAPTER = "partnerships.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an account is somebody's who was invited; there is nothing to squat on
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are a little wrong
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https  # http://localhost, which browsers take for secure

# --- Curators ------------------------------------------------------------------------------------------------------

SIMPLE_HISTORY_REVERT_DISABLED = True
CSRF_FAILURE_VIEW = "partnerships.expired_sessions.csrf_failure"
