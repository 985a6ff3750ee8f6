"""A home's folders, secrets, ports and refusals."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from infra.local.errors import CannotRunError
from infra.local.home import KEPT_PORTS, Home
from infra.local.postgres import PostgresServer, check_reachable, new_passwords
from infra.local.processes import LOOPBACK


class TestPrepare:
    def test_it_makes_folders_and_key_pairs_and_keeps_them(self, home: Home):
        home.prepare()
        private = home.folder("keys") / "jwt-private.pem"
        before = private.read_bytes()
        home.prepare()
        assert home.folder("drop/pos").is_dir()
        assert private.read_bytes() == before
        assert stat.S_IMODE(private.stat().st_mode) == 0o600

    def test_a_nearly_full_disk_is_refused_with_what_to_do(self, home: Home, monkeypatch):
        monkeypatch.setenv("STOCKPOT_MIN_FREE_MB", str(10**9))
        with pytest.raises(CannotRunError, match=r"MB left and Stockpot wants .* STOCKPOT_HOME to another disk"):
            home.prepare()

    @pytest.mark.parametrize("value", ["plenty", "-1", "1.5", "٣"])
    def test_a_number_that_is_none_is_refused_by_name(self, home: Home, monkeypatch, value: str):
        monkeypatch.setenv("STOCKPOT_MIN_FREE_MB", value)
        with pytest.raises(CannotRunError, match=f"STOCKPOT_MIN_FREE_MB is '{value}': it wants a whole number from 0"):
            home.prepare()

    def test_a_home_below_a_file_is_refused(self, home: Home):
        (home.path / "file").write_text("")
        with pytest.raises(CannotRunError, match=r"cannot write to .* Not a directory"):
            Home(home.path / "file" / "home").prepare()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as another user")
    def test_a_home_that_the_server_cannot_enter_is_refused_by_name(self, home: Home):
        closed = home.path / "closed"
        closed.mkdir(mode=0o700)
        inside = closed / "pg"
        inside.mkdir()
        with pytest.raises(CannotRunError, match=rf"cannot enter {closed} on the way .*\(chmod o\+x {closed}"):
            check_reachable(inside, "the data folder")
        with pytest.raises(CannotRunError, match="STOCKPOT_HOME"):
            PostgresServer(inside, 5432, new_passwords()).prepare()


class TestSecrets:
    def test_they_are_random_per_home_kept_and_private(self, home: Home):
        first = home.secrets()
        assert home.secrets() == first
        other = home.folder("log")
        other.mkdir()
        assert Home(other).secrets()["csrf"] != first["csrf"]
        assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600
        assert all(len(secret) >= 32 for secret in first.values())


class TestPorts:
    def test_they_are_kept(self, home: Home):
        assert home.ports({}) == home.ports({})
        assert set(home.ports({})) == set(KEPT_PORTS)

    def test_a_variable_wins(self, home: Home):
        assert home.ports({"STOCKPOT_POSTGRES_PORT": "5555"})["postgres"] == 5555

    @pytest.mark.parametrize("text", ["port", "0", "65536", "-1", "80.5"])
    def test_a_port_that_is_none_is_refused_by_variable(self, home: Home, text: str):
        with pytest.raises(CannotRunError, match=f"STOCKPOT_REDIS_PORT={text} is not a port"):
            home.ports({"STOCKPOT_REDIS_PORT": text})

    def test_a_kept_port_that_somebody_took_is_replaced(self, home: Home):
        with socket.socket() as squatter:
            squatter.bind((LOOPBACK, home.ports({})["redis"]))
            squatter.listen()
            home.move_taken_ports({})
            assert home.ports({})["redis"] != squatter.getsockname()[1]
