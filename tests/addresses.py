"""Where the test database is, for processes a test starts and for connections of its own."""

from typing import Any

from django.db import connection


def address_of(name: str) -> dict[str, Any]:
    """What `psycopg2.connect` takes to reach the database `name` on the server of this run."""
    here = connection.settings_dict
    # The embedded server's socket folder stands among the options of its address, not where a host name would.
    host = here["HOST"] or here.get("OPTIONS", {}).get("host", "")
    given = {"host": host, "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    return {key: value for key, value in given.items() if value} | {"dbname": name}


def database_url(name: str = "") -> str:
    """The same as `DATABASE_URL`; without a name, of the database the test works on."""
    parts = address_of(name or str(connection.settings_dict["NAME"]))
    secret = f":{parts['password']}" if "password" in parts else ""
    if str(parts.get("host", "")).startswith("/"):  # a socket folder stands where the host would
        return f"postgres://{parts['user']}{secret}@/{parts['dbname']}?host={parts['host']}"
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgres://{parts['user']}{secret}@{parts.get('host', 'localhost')}{port}/{parts['dbname']}"


def web_role() -> str:
    """The role with the rights of production's web server on the database the test works on."""
    return f"web_of_{connection.settings_dict['NAME']}"
