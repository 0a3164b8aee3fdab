"""The databases and brokers named by DATABASE_URL and CELERY_BROKER_URL; without these, the demo uses files."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from demo.environment import Trouble

PATIENCE = 5


def require_known(database_url: str, broker_url: str) -> None:
    """Report servers that the demo cannot use before anything starts."""
    kinds = {
        "DATABASE_URL": (database_url, ("postgres", "postgresql", "mysql", "sqlite")),
        "CELERY_BROKER_URL": (broker_url, ("redis", "amqp")),
    }
    for name, (url, known) in kinds.items():
        scheme, separator, _ = url.partition("://")
        if url and (not separator or scheme not in known):
            raise Trouble(
                f"{name} begins with none of {', '.join(f'{kind}://' for kind in known)}."
            )


def own_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server; '' and SQLite URLs are returned unchanged."""
    if not url or url.startswith("sqlite"):
        return url
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def create_database(url: str) -> None:
    """Create the database on PostgreSQL, MySQL or MariaDB; SQLite does not need it."""
    _administer(url, "CREATE DATABASE {name}")


def drop_database(url: str) -> None:
    """Drop the database on PostgreSQL, MySQL or MariaDB."""
    _administer(url, "DROP DATABASE IF EXISTS {name}")


def _administer(url: str, statement: str) -> None:
    scheme = urlsplit(url).scheme
    administer = _on_postgresql if scheme.startswith("postgres") else _on_mysql
    if not scheme or scheme == "sqlite":
        return
    try:
        administer(url, statement)
    except ImportError as error:
        raise Trouble(f"The driver of {scheme} is not installed: {error}.") from error
    except Exception as error:
        if not type(error).__module__.startswith(("psycopg", "MySQLdb")):
            raise
        raise Trouble(f"The database server at {_place(url)} cannot be used: {error}") from error


def _on_postgresql(url: str, statement: str) -> None:
    import psycopg

    parts = urlsplit(url)
    force = " WITH (FORCE)" if statement.startswith("DROP") else ""
    admin = urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
    with psycopg.connect(admin, autocommit=True, connect_timeout=PATIENCE) as connection:
        name = f'"{parts.path.lstrip("/")}"'
        connection.execute(statement.format(name=name) + force)  # type: ignore[arg-type]  # a composed statement


def _on_mysql(url: str, statement: str) -> None:
    import MySQLdb

    parts = urlsplit(url)
    characters = " CHARACTER SET utf8mb4" if statement.startswith("CREATE") else ""
    connection: Any = MySQLdb.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username or "root",
        passwd=parts.password or "",
        connect_timeout=PATIENCE,
    )
    name = f"`{parts.path.lstrip('/')}`"
    connection.cursor().execute(statement.format(name=name) + characters)
    connection.close()


def require_broker(url: str) -> None:
    """Report a broker that does not respond before anything starts."""
    if not url:
        return
    from kombu import Connection

    try:
        with Connection(url, connect_timeout=PATIENCE) as connection:
            connection.ensure_connection(max_retries=1, timeout=PATIENCE)
    except ImportError as error:
        raise Trouble(f"The driver of {urlsplit(url).scheme} is not installed: {error}.") from error
    except Exception as error:
        raise Trouble(f"The broker at {_place(url)} does not respond: {error}") from error


def forget_queue(url: str, name: str) -> None:
    """Delete a queue with its exchange, so that nothing is left at the broker."""
    if not url:
        return
    from kombu import Connection, Exchange, Queue

    with Connection(url, connect_timeout=PATIENCE) as connection:
        exchange = Exchange(name, type="direct")
        queue = Queue(name, exchange, routing_key=name)(connection.default_channel)
        queue.declare()  # Redis finds only bindings that this connection knows
        queue.delete()
        queue.exchange.delete()


def empty_queue(url: str, name: str, folder: Path) -> int:
    """Delete the messages in a queue and return their number; `folder` is that of a file-based broker."""
    if not url:
        messages = list(folder.glob("*.msg"))
        for message in messages:
            message.unlink(missing_ok=True)
        return len(messages)
    from kombu import Connection

    with Connection(url, connect_timeout=PATIENCE) as connection:
        return int(connection.default_channel.queue_purge(name) or 0)


def _place(url: str) -> str:
    """Return host and port, without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
