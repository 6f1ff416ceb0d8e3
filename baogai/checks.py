"""What must hold before the portal serves anybody.

`configuration_problems` looks at settings only and is registered with Django, so every command runs it.
`database_problems` asks the database and runs when the server starts and by `manage.py check_production`.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.outlets import reaches_nobody
from accounts.rules import ADMINISTRATOR
from communities.rules import Role
from evaluations import appraisal_guards, fieldwork_guards, guards
from files.scanning import is_daemon_address
from kernel.append_only import trigger_names
from kernel.days import today

_WEAK_KEY_LENGTH = 50
_WEAK_KEY_LETTERS = 5
_LONGEST_PASSWORD_DAYS = 90
_LONGEST_IDLE_MINUTES = 30
_DEFAULT_NAMES = ("admin", "administrator", "root", "test", "guest", "user")
_OF_EVALUATIONS = (guards.TRIGGERS, appraisal_guards.TRIGGERS, fieldwork_guards.TRIGGERS)
_THIS_MACHINE = frozenset({None, "localhost", "127.0.0.1", "::1"})


def append_only_tables() -> list[str]:
    """The tables whose model says `append_only = True`, sorted."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False))


def missing_triggers() -> list[str]:
    """Triggers of append-only tables and of evaluations that are absent, disabled, or pass in a replica's role."""
    wanted = {(table, trigger) for table in append_only_tables() for trigger in trigger_names(table)}
    wanted |= {(table, name) for triggers in _OF_EVALUATIONS for name, table in triggers.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE t.tgenabled = 'A' AND n.nspname = current_schema()"
        )
        found = set(cursor.fetchall())
    return sorted(trigger for _, trigger in wanted - found)


def tables_open_to(rights: str, tables: list[str]) -> list[str]:
    """Those of the tables on which the current database role has any of the rights ("UPDATE, DELETE")."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s) AS name WHERE has_table_privilege(quote_ident(name), %s)", [tables, rights]
        )
        return sorted(name for (name,) in cursor.fetchall())


def configuration_problems(*, production: bool) -> Iterator[CheckMessage]:
    """What is wrong with the settings; errors only where the installation is (meant for) production."""
    if reaches_nobody():
        yield checks.Warning(
            "短信和邮件都没有配置：催办、提醒只能在站内看到。",
            hint="设置 SMS_GATEWAY_URL 或 EMAIL_URL（见 docs/operations.md）。",
            id="baogai.W001",
        )
    if settings.CLAMD_ADDRESS and not is_daemon_address(settings.CLAMD_ADDRESS):
        yield checks.Critical(
            "CLAMD_ADDRESS 不是查毒服务的地址，所有上传都会被拒绝。",
            hint="写成 unix:///run/clamav/clamd.ctl 或 tcp://127.0.0.1:3310；不用查毒就留空。",
            id="baogai.E006",
        )
    if not production:
        return
    if settings.DEBUG:
        yield checks.Critical("正式运行不得打开 DEBUG。", hint="去掉 DEBUG，或设为 false。", id="baogai.E001")
    if len(settings.SECRET_KEY) < _WEAK_KEY_LENGTH or len(set(settings.SECRET_KEY)) < _WEAK_KEY_LETTERS:
        yield checks.Critical("SECRET_KEY 太弱。", hint="至少 50 个随机字符。", id="baogai.E002")
    if not settings.ALLOWED_HOSTS or any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield checks.Critical("ALLOWED_HOSTS 须逐个写明域名，不得用通配符。", id="baogai.E003")
    if not settings.SITE_URL.startswith("https://") or urlsplit(settings.SITE_URL).hostname in _THIS_MACHINE:
        yield checks.Critical(
            "SITE_URL 须为本站对外的 https 地址：海报二维码印的就是它，贴出去就改不了。", id="baogai.E004"
        )
    yield from _sign_in_problems()
    if not settings.REDIS_URL:
        yield checks.Warning(
            "没有 REDIS_URL：任务队列放在文件夹里，断电可能推迟任务。",
            hint="正式运行请配置 Redis。",
            id="baogai.W002",
        )


def database_problems(*, production: bool) -> Iterator[CheckMessage]:
    """What is wrong with the database: open migrations, missing triggers, example data, too strong a role."""
    present = connection.introspection.table_names()
    if hidden := set(present) - set(tables_open_to("SELECT", present)):
        yield checks.Error(
            f"网页所用的数据库角色读不到 {len(hidden)} 张表。",
            hint="由属主运行 manage.py grant_web_role。",
            id="baogai.E013",
        )
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield checks.Error("数据库结构不是最新。", hint="先运行 manage.py migrate。", id="baogai.E010")
        return
    if missing := missing_triggers():
        yield checks.Critical(f"只增不改的表缺少触发器：{'、'.join(missing)}。", id="baogai.E011")
    if not production:
        return
    if get_user_model().objects.filter(is_example=True).exists():
        yield checks.Critical(
            "数据库里有示例数据，不得用于正式运行。",
            hint="换一个空数据库，再运行 manage.py migrate。",
            id="baogai.E012",
        )
    yield from _people_problems()
    if rewritable := tables_open_to("UPDATE, DELETE, TRUNCATE", append_only_tables()):
        yield checks.Warning(
            f"网页所用的数据库角色可以改写只增不改的表：{'、'.join(rewritable)}。",
            hint="另设角色，由属主运行 manage.py grant_web_role。",
            id="baogai.W010",
        )


def _sign_in_problems() -> Iterator[CheckMessage]:
    """What falls short of GB/T 22239-2019 level 2 as assessors read it, and a name that means nobody."""
    if unknown := set(settings.TOTP_REQUIRED_FOR) - {*Role.values, ADMINISTRATOR}:
        yield checks.Critical(
            f"TOTP_REQUIRED_FOR 中没有这样的角色：{'、'.join(sorted(unknown))}。",
            hint=f"可用：{'、'.join(Role.values)}、{ADMINISTRATOR}。",
            id="baogai.E005",
        )
    if not settings.TOTP_REQUIRED_FOR:
        yield checks.Warning(
            "没有要求任何人使用动态口令。",
            hint="建议 TOTP_REQUIRED_FOR=town_officer,auditor,administrator。",
            id="baogai.W003",
        )
    lax = [
        name
        for name, most in (
            ("STAFF_PASSWORD_DAYS", _LONGEST_PASSWORD_DAYS),
            ("STAFF_IDLE_MINUTES", _LONGEST_IDLE_MINUTES),
        )
        if not 0 < getattr(settings, name) <= most
    ]
    if lax:
        yield checks.Warning(
            f"{'、'.join(lax)} 宽于等保二级的通常尺度（{_LONGEST_PASSWORD_DAYS} 天、{_LONGEST_IDLE_MINUTES} 分钟）。",
            id="baogai.W004",
        )


def _people_problems() -> Iterator[CheckMessage]:
    """Default names, and duties that one person must not hold together (三员分立)."""
    people = get_user_model().objects.filter(is_active=True)
    if found := sorted(people.filter(username__in=_DEFAULT_NAMES).values_list("username", flat=True)):
        yield checks.Warning(f"有默认用户名的账号：{'、'.join(found)}。", hint="请改成本人的用户名。", id="baogai.W011")
    audits = apps.get_model("communities", "Appointment").objects.auditing(today())
    auditors = people.filter(pk__in=audits.values("user"))
    if both := sorted(auditors.filter(is_staff=True).values_list("username", flat=True)):
        yield checks.Critical(f"既是管理员又是审计人员：{'、'.join(both)}。", hint="请撤去其一。", id="baogai.E014")
    keepers = people.filter(is_staff=True, is_superuser=True)
    if not keepers.exists():
        yield checks.Warning("没有权限管理员。", hint="manage.py createsuperuser 建立第一名。", id="baogai.W012")
    phones = [set(group.exclude(phone="").values_list("phone", flat=True)) for group in (
        auditors, keepers, people.filter(is_staff=True, is_superuser=False),
    )]  # fmt: skip
    if any(one & other for one, other in combinations(phones, 2)):
        yield checks.Warning(
            "系统管理员、权限管理员、审计人员中有人手机号相同，可能是一人两号。",
            hint="三者不能由同一人担任。",
            id="baogai.W013",
        )


def check_configuration(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001 - Django's signature
    """Django's own door to `configuration_problems`; the warnings are left to the start of the server."""
    return [one for one in configuration_problems(production=settings.PRODUCTION) if one.is_serious()]
