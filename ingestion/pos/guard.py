"""HTTP sessions that reach the declared host alone, and private addresses only where the operator names the host."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingestion.errors import UnreachableEndpoint

Check = Callable[[str], None]


def private_hosts() -> frozenset[str]:
    """POS_HTTP_PRIVATE_HOSTS of the environment: hosts of the operator's own network that may be fetched from."""
    names = os.environ.get("POS_HTTP_PRIVATE_HOSTS", "")
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())


class GuardedAdapter(HTTPAdapter):
    """Sends requests to one host; an address that is not public is refused before anything is sent.

    The address that is checked is the one that the socket is connected to, so that a name which resolves otherwise the
    second time gains nothing.
    """

    def __init__(self, host: str) -> None:
        self._host = host.lower()
        self._is_private_allowed = self._host in private_hosts()
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make connections that look at their peer."""
        super().init_poolmanager(*arguments, **options)
        if not self._is_private_allowed:
            self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """Refuse every other host: the next page's link would carry the token there."""
        host = (urlsplit(request.url or "").hostname or "").lower()
        if host != self._host:
            raise UnreachableEndpoint(f"the endpoint {self._host} sends on to {host or 'nowhere'}: not followed")
        if not self._is_private_allowed:
            refuse_private(host)
        return super().send(request, *arguments, **options)


def refuse_private(host: str) -> None:
    """UnreachableEndpoint where any address of the host is not public."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise UnreachableEndpoint(f"the endpoint's host {host} is not known: {error}") from error
    for address in found:
        _refuse(host, address)


def _refuse(host: str, address: str) -> None:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    if not (mapped or parsed).is_global or parsed.is_multicast:
        raise UnreachableEndpoint(
            f"the endpoint's host {host} has the private address {parsed}: nothing is fetched from there unless "
            "POS_HTTP_PRIVATE_HOSTS names it"
        )


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(self.host, super()._new_conn())


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(self.host, super()._new_conn())


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def _checked(host: str, connected: socket.socket) -> socket.socket:
    try:
        _refuse(host, connected.getpeername()[0])
    except UnreachableEndpoint:
        connected.close()
        raise
    return connected
