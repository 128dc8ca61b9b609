"""Where the database is: the address in the settings, read as PostgreSQL's own programs read it."""

import re

from sqlalchemy import URL, make_url

# A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port.
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?")


def location(address: str) -> URL:
    """`postgres://` is another name of `postgresql://`, and several servers stand behind one another, each with its
    port: `postgresql://agora@first:5432,second:5433/agora`. SQLAlchemy knows neither. Raises ValueError.
    """
    scheme, _, rest = address.partition("://")
    scheme = "postgresql" if scheme == "postgres" else scheme
    authority, slash, path = rest.partition("/")
    who, at, hosts = authority.rpartition("@")
    if "," not in hosts or not scheme.startswith("postgresql"):
        return make_url(f"{scheme}://{rest}")
    return make_url(f"{scheme}://{who}{at}{slash}{path}").update_query_dict(_named(hosts.split(",")))


def _named(servers: list[str]) -> dict[str, str]:
    found = [_HOST.fullmatch(server) for server in servers]
    if not all(found):
        raise ValueError("a server of PostgreSQL is named as host or host:port")
    return {
        "host": ",".join(server[1].strip("[]") for server in found if server),
        "port": ",".join(server[2] or "" for server in found if server),
    }
