"""Everything an installation may set, read from the environment (or `.env`); see docs/operations.md."""

import sys
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from baogai import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def _text(name: str, default: str = "") -> str:
    """A text from the environment; set but empty counts as not set, as in `.env.example`."""
    return env.str(name, default="") or default


def _local_secret() -> str:
    """A secret for a machine without configuration: made once, kept beside the data, never for production."""
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(get_random_secret_key())
    return kept.read_text()


# -- What kind of installation this is -------------------------------------------------------------
# `local` serves this machine only and may hold example data; `production` passes the checks of baogai/checks.py.
DEPLOYMENT = _text("DEPLOYMENT", "local")
PRODUCTION = DEPLOYMENT == "production"
DEBUG = env.bool("DEBUG", default="runserver" in sys.argv and not PRODUCTION)
SECRET_KEY = _text("SECRET_KEY") or ("" if PRODUCTION else _local_secret())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = _text("SITE_URL", "http://127.0.0.1:8000")

# -- Apps, from the wiring down to the ground ------------------------------------------------------
INSTALLED_APPS = [
    "baogai.apps.BaogaiConfig",
    "finance.apps.FinanceConfig",
    "evaluations.apps.EvaluationsConfig",
    "committees.apps.CommitteesConfig",
    "supervision.apps.SupervisionConfig",
    "notices.apps.NoticesConfig",
    "communities.apps.CommunitiesConfig",
    "files.apps.FilesConfig",
    "accounts.apps.AccountsConfig",
    "baogai.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.weixin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "baogai.middleware.ClientAddressMiddleware",
    "baogai.trailing.TrailMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "baogai.middleware.LongSessionMiddleware",
    "baogai.gates.IdleMiddleware",
    "baogai.gates.DueMiddleware",
    "baogai.typed.TypedTextMiddleware",
    "baogai.middleware.PrivatePagesMiddleware",
    "baogai.middleware.ServedVerbsMiddleware",
    "baogai.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "baogai.urls"
WSGI_APPLICATION = "baogai.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "baogai.navigation.navigation",
            ],
            # How facts are worded and shown is the same on every page: no template loads these by itself.
            "builtins": ["django.templatetags.static", "baogai.templatetags.words", "baogai.templatetags.parts"],
        },
    },
]

# -- Database, cache, queue ------------------------------------------------------------------------
DATABASE_URL = _text("DATABASE_URL") or embedded.start(BASE_DIR)
if env.bool("AS_TABLE_OWNER", default=False):  # set by manage.py for the commands that change tables
    DATABASE_URL = _text("MIGRATE_DATABASE_URL", DATABASE_URL)
DATABASES = {
    "default": env.db_url_config(DATABASE_URL) | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _text("REDIS_URL")
CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    # Never a cache per process: failed logins and API calls are counted here.
    # Nor one that forgets the counters when somebody floods it: Django's 300 entries are soon filled by guesses.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "baogai_cache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

QUEUE_DIR = VAR_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
        "control_folder": str(QUEUE_DIR / "control"),
    }
    QUEUE_DIR.mkdir(parents=True, exist_ok=True)
else:
    # A Redis that is gone or silent must not hold up a page. Without `max_retries` kombu tries for six seconds before
    # the retry policy below is even asked; workers and the beat connect again by rules of their own.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 0,
        "interval_start": 0,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "visibility_timeout": 3600,  # longer than any task may run
    }
# A lost message may only delay: due work lives in rows, tasks may run twice, the beat finds unfinished rows.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page must not hang, and an act already done must not fail, because the queue is away.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_TIMEZONE = "Asia/Shanghai"

# -- People and sessions ---------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# GB/T 22239-2019 level 2 asks for complexity and change and names no numbers; these are ours (decision 0018).
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.validators.LengthValidator",
        "OPTIONS": {"shortest": env.int("PASSWORD_MIN_LENGTH", default=10)},
    },
    {"NAME": "accounts.validators.ClassesValidator"},
    {"NAME": "accounts.validators.OwnDataValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "accounts.validators.HistoryValidator",
        "OPTIONS": {"remember": env.int("PASSWORD_HISTORY", default=5)},
    },
]
# After how many days a password must be changed; 0: never by time. Staff oversee or administer: town, villages,
# auditors, administrators. Committee and firm people hold a post of their own compound.
STAFF_PASSWORD_DAYS = env.int("STAFF_PASSWORD_DAYS", default=90)
POST_PASSWORD_DAYS = env.int("POST_PASSWORD_DAYS", default=0)
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600
# Residents come twice a year, for the half-year survey: a phone stays signed in from one to the next. Whoever holds
# a post is held to SESSION_COOKIE_AGE, also where the post came after signing in.
RESIDENT_SESSION_DAYS = env.int("RESIDENT_SESSION_DAYS", default=200)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Minutes without a request after which a session ends, by the server's clock; 0: only with the session itself.
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=30)
POST_IDLE_MINUTES = env.int("POST_IDLE_MINUTES", default=0)

# -- The doors: allauth carries a sign-in from its proof to the session (decision 0014) -------------
ACCOUNT_ADAPTER = "baogai.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "baogai.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]  # no door uses it: signing up is closed
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_GET = False
# WeChat's door exists only where the town has registered with WeChat: `snsapi_login` by a QR code on a desk's screen,
# or, for pages opened inside WeChat, WEIXIN_AUTHORIZE_URL=…/connect/oauth2/authorize and WEIXIN_SCOPE=snsapi_base.
WEIXIN_APP_ID = _text("WEIXIN_APP_ID")
WEIXIN_AUTHORIZE_URL = _text("WEIXIN_AUTHORIZE_URL", "https://open.weixin.qq.com/connect/qrconnect")
WEIXIN_API_URL = _text("WEIXIN_API_URL", "https://api.weixin.qq.com")
SOCIALACCOUNT_PROVIDERS = {
    "weixin": {
        "APPS": [{"client_id": WEIXIN_APP_ID, "secret": _text("WEIXIN_SECRET")}] if WEIXIN_APP_ID else [],
        "AUTHORIZE_URL": WEIXIN_AUTHORIZE_URL,
        "SCOPE": [_text("WEIXIN_SCOPE", "snsapi_login")],
    }
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "宝盖小区监督"
MFA_ADAPTER = "baogai.second_factor.SecondFactorAdapter"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # the code before and after: a phone's clock is not ours, and typing takes its time
# Whose posts ask for a second factor: names of roles (town_officer, auditor, …; communities/rules.py), administrator.
TOTP_REQUIRED_FOR = env.list("TOTP_REQUIRED_FOR", default=[])

# -- Language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# -- Files -----------------------------------------------------------------------------------------
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "baogai.assets.VendorFinder",
]
# Uploads are kept outside every folder the web server serves; only views hand them out, after asking permission.
STORED_FILES_ROOT = Path(_text("STORED_FILES_ROOT", str(VAR_DIR / "files")))
KEY_STORE = Path(_text("KEY_STORE", str(VAR_DIR / "keys")))
# A second copy of each key, sealed to the auditor's public key (hex); without that key there is none.
ESCROW_PUBLIC_KEY = _text("ESCROW_PUBLIC_KEY")
ESCROW_STORE = Path(_text("ESCROW_STORE", str(VAR_DIR / "escrow")))
MEDIA_ROOT = STORED_FILES_ROOT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "baogai.assets.StaticStorage",
        "OPTIONS": {"file_permissions_mode": 0o644},  # a web server in front may read these, and only these
    },
}
# What one person may hand in on one day; and the ClamAV daemon every upload is shown to, where there is one:
# unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310. Set and away, nothing is taken in.
UPLOADS_PER_DAY = env.int("UPLOADS_PER_DAY", default=300)
UPLOAD_MEGABYTES_PER_DAY = env.int("UPLOAD_MEGABYTES_PER_DAY", default=1000)
CLAMD_ADDRESS = _text("CLAMD_ADDRESS")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "files.uploads.CappedUploadHandler",  # first: drops what no door would take, before it fills memory or disk
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- What the browser is told ----------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        # Sending a form may lead on to WeChat, where its door exists.
        "form-action": [SELF, *(["https://open.weixin.qq.com"] if WEIXIN_APP_ID else [])],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- The API ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "30/min", "user": "120/min", "vote": "20/min"},
    "EXCEPTION_HANDLER": "baogai.errors.api_refusal",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "宝盖小区监督 API",
    "DESCRIPTION": "小区、义务事项与公示的只读接口，业主投票接口；权限与网页相同。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# -- Messages to people ----------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url_config(_text("EMAIL_URL", "filemail://"))
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
if not (_text("EMAIL_URL") or PRODUCTION):  # the test inbox shows what would have been sent
    EMAIL_BACKEND = "accounts.gateways.samples.SampleMailBackend"
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"] or 25
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _text("FROM_EMAIL", "baogai@localhost")
SMS_GATEWAY_URL = _text("SMS_GATEWAY_URL")
SMS_ACCESS_KEY = _text("SMS_ACCESS_KEY")
SMS_SIGNATURE = _text("SMS_SIGNATURE")

# -- Spreadsheets ----------------------------------------------------------------------------------
IMPORT_EXPORT_USE_TRANSACTIONS = True

# -- Log: to standard output, where the service manager collects it --------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"brief": {"()": "baogai.logs.BriefRefusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"filters": ["brief"]},
        # Each paper would fill a screen with its steps and with what its fonts lack.
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
