"""An installation that must not serve does not start; one that may, does."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from baogai.checks import configuration_problems, database_problems
from tests.addresses import database_url
from tests.cast import World

ROOT = settings.BASE_DIR
STRONG_KEY = "wWq4nB2y7kPz0VtR9xLm3cJd8sHf6gUa1eYoQiZrNbTvKpXw5M"


def production_environment(**changed: str) -> dict[str, str]:
    """An environment that may serve, on the test database, with some of it changed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DEPLOYMENT": "production",
        "SECRET_KEY": STRONG_KEY,
        "ALLOWED_HOSTS": "wuye.example.gov.cn",
        "SITE_URL": "https://wuye.example.gov.cn",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": "smtp+tls://baogai:secret@mail.example.gov.cn:587",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        **changed,
    }


def manage(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=production_environment(**changed),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@pytest.mark.django_db
def test_a_proper_installation_passes_without_a_warning() -> None:
    answer = manage("check", "--deploy", "--fail-level", "WARNING")
    assert answer.returncode == 0, answer.stderr
    assert "0 silenced" in answer.stdout


@pytest.mark.django_db
def test_production_refuses_debug_a_weak_key_and_wildcard_hosts() -> None:
    assert "可以正式运行" in manage("check_production").stdout
    for changed in (
        {"DEBUG": "true"},
        {"SECRET_KEY": "short"},
        {"SECRET_KEY": "ab" * 40},
        {"SECRET_KEY": ""},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": "wuye.example.gov.cn,*.example.cn"},
        {"ALLOWED_HOSTS": ".example.gov.cn"},
        {"ALLOWED_HOSTS": ""},
        {"SITE_URL": "https://localhost"},
        {"SITE_URL": "http://wuye.example.gov.cn"},
    ):
        answer = manage("check_production", **changed)
        assert answer.returncode != 0, changed
        assert next(iter(changed)) in answer.stderr


@pytest.mark.django_db
def test_production_refuses_example_data(settings: Any) -> None:
    settings.DEBUG, settings.SECRET_KEY = False, STRONG_KEY
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["wuye.example.gov.cn"], "https://wuye.example.gov.cn"
    call_command("check_production")
    User.objects.create(username="shili", name="示例人员", is_example=True)
    call_command("check_production", "--as-is")
    with pytest.raises(CommandError, match="1 项不允许启动"):
        call_command("check_production")


def _found(production: bool = True) -> set[str]:
    return {
        str(one.id) for one in (*configuration_problems(production=production), *database_problems(production=True))
    }


@pytest.mark.django_db
def test_a_second_factor_for_a_role_that_does_not_exist_is_refused() -> None:
    answer = manage("check_production", TOTP_REQUIRED_FOR="town_officer,auditors")
    assert answer.returncode != 0
    assert "auditors" in answer.stderr
    assert manage("check_production", TOTP_REQUIRED_FOR="town_officer,auditor,administrator").returncode == 0


@pytest.mark.django_db
def test_what_falls_short_of_level_two_is_warned_about(settings: Any) -> None:
    lax = {"baogai.W003", "baogai.W004"}
    settings.TOTP_REQUIRED_FOR = ["auditor"]
    assert not _found() & lax
    settings.TOTP_REQUIRED_FOR, settings.STAFF_IDLE_MINUTES = [], 0
    assert _found() >= lax


@pytest.mark.django_db
def test_default_names_and_one_person_under_two_names_are_warned_about(world: World) -> None:
    assert "baogai.W012" in _found()
    keeper = User.objects.create_superuser("lin.keeper", name="权限员", phone="13811110000")
    assert not _found() & {"baogai.W011", "baogai.W012", "baogai.W013"}
    User.objects.create_superuser("root", name="管理员")
    User.objects.create_user("lin.system", name="系统员", phone=keeper.phone, is_staff=True)
    assert _found() >= {"baogai.W011", "baogai.W013"}


@pytest.mark.owner
@pytest.mark.django_db
def test_a_database_in_which_an_auditor_administers_does_not_start(world: World) -> None:
    assert "baogai.E014" not in _found()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user DISABLE TRIGGER an_auditor_administers_nothing")
        cursor.execute("UPDATE accounts_user SET is_staff = true WHERE username = 'auditor'")
    assert "baogai.E014" in _found()


@pytest.mark.django_db
def test_an_installation_that_can_send_neither_sms_nor_mail_is_warned_in_red() -> None:
    told = manage("check_production", "--force-color", EMAIL_URL="filemail://")
    assert told.returncode == 0
    assert re.search("\x1b\\[31[^m]*m警告 baogai.W001", told.stderr)
    assert "W001" not in manage("check_production").stderr
    assert (
        "W001" not in manage("check_production", EMAIL_URL="filemail://", SMS_GATEWAY_URL="https://sms.example").stderr
    )


def _start_server(port: int, **changed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("gunicorn")), "baogai.wsgi"],
        cwd=ROOT,
        env=production_environment(PORT=str(port), WEB_WORKERS="1", **changed),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _is_served(port: int) -> bool:
    """Whether anything answers within ten seconds; production sends plain HTTP on to HTTPS."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/login/", headers={"Host": "wuye.example.gov.cn"})
    for _ in range(40):
        time.sleep(0.25)
        try:
            urllib.request.build_opener(_NoRedirect).open(request, timeout=5)
        except urllib.error.HTTPError as answer:
            return answer.code == 301
        except OSError:
            continue
    return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@pytest.mark.django_db(transaction=True)
def test_the_server_itself_refuses_to_start() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _start_server(port) as server:
        assert _is_served(port)
        server.send_signal(signal.SIGTERM)
    with _start_server(port, SECRET_KEY="short") as server:
        _, said = server.communicate(timeout=30)
    assert server.returncode == 3, said
    assert "SECRET_KEY" in said


def test_every_setting_is_explained_to_whoever_runs_the_portal() -> None:
    read = re.findall(r'(?:env\.\w+|_text)\(\s*"([A-Z_]+)"', (ROOT / "baogai/settings.py").read_text())
    explained = (ROOT / ".env.example").read_text()
    manual = (ROOT / "docs/operations.md").read_text()
    internal = {"AS_TABLE_OWNER"}
    assert [name for name in read if name not in internal and name not in explained] == []
    assert [name for name in read if name not in internal and name not in manual] == []


@pytest.mark.parametrize("script", ["run", "test", ".ci/run", ".ci/house.sh"])
def test_the_scripts_are_sound_and_explain_themselves(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
    if script in ("run", "test"):
        told = subprocess.run([str(ROOT / script), "--help"], capture_output=True, text=True, check=True)
        assert script in told.stdout
