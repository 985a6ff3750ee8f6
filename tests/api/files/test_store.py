"""The object store: whole objects under safe keys, in a folder and in S3, and links that expire."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import httpx
import pytest

from api.files.store import BadKey, FolderStore, ObjectNotFound, StoreAway, checked_key, get_store, make_store

KEY = "exports/low_stock/day=2026-11-22/low_stock-2026-11-22.csv"
BAD_KEYS = ["", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", "a/", ".hidden", "a/.hidden", "a\\b", "a b", "é",
            "a\u0000b", "a\nb", "~/x", "x" * 501]  # fmt: skip


@pytest.fixture
def folder_store(tmp_path):
    return FolderStore(tmp_path / "objects", public_url="http://testserver", secret="s" * 40)


@pytest.fixture
def bucket_store(settings, monkeypatch):
    """A real S3 conversation over HTTP with a local server that speaks it."""
    from moto.server import ThreadedMotoServer

    from api.config import get_settings

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "S3_BUCKET": "exports", "S3_ENDPOINT_URL": f"http://{host}:{port}", "S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    store = make_store(get_settings())
    store._client.create_bucket(Bucket="exports")
    yield store
    store._client.close()
    server.stop()


def content_of(store, key):
    with store.open(key) as pieces:
        return b"".join(pieces)


class TestKeys:
    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_a_key_that_could_lead_elsewhere_is_refused(self, folder_store, key):
        with pytest.raises(BadKey):
            folder_store.put(key, io.BytesIO(b"x"), media_type="text/csv")

    def test_the_keys_of_exports_are_keys(self):
        assert checked_key(KEY) == KEY

    def test_a_symbolic_link_out_of_the_folder_leads_nowhere(self, folder_store, tmp_path):
        (tmp_path / "secret.txt").write_text("secret")
        folder_store.put("a/b", io.BytesIO(b"x"), media_type="text/plain")
        (tmp_path / "objects" / "a" / "link").symlink_to(tmp_path / "secret.txt")
        with pytest.raises(BadKey):
            content_of(folder_store, "a/link")


class TestFolder:
    def test_what_is_put_is_read_back_and_may_be_replaced(self, folder_store):
        for content in (b"first", b"second"):
            folder_store.put(KEY, io.BytesIO(content), media_type="text/csv")
            assert content_of(folder_store, KEY) == content
        assert folder_store.exists(KEY)

    def test_a_broken_upload_leaves_the_old_object_and_no_rest(self, folder_store, tmp_path):
        folder_store.put(KEY, io.BytesIO(b"whole"), media_type="text/csv")

        class Broken(io.BytesIO):
            def read(self, *_):
                raise OSError("gone")

        with pytest.raises(OSError, match="gone"):
            folder_store.put(KEY, Broken(), media_type="text/csv")
        assert content_of(folder_store, KEY) == b"whole"
        assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == [KEY.rpartition("/")[2]]

    def test_a_missing_object_is_said_to_be_missing(self, folder_store):
        with pytest.raises(ObjectNotFound):
            content_of(folder_store, KEY)
        assert not folder_store.exists(KEY)


class TestLinks:
    @pytest.fixture
    def link(self, app):
        store = get_store()
        store.put(KEY, io.BytesIO(b"a,b\n1,2\n"), media_type="text/csv")
        return store.link(KEY, seconds=60)

    def test_a_link_serves_the_file_as_a_download_to_anybody(self, api, link):
        answer = api.get(link)
        assert answer.status_code == 200, answer.text
        assert answer.content == b"a,b\n1,2\n"
        assert answer.headers["content-disposition"] == 'attachment; filename="low_stock-2026-11-22.csv"'
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")

    @pytest.mark.parametrize(
        "bend",
        [
            lambda link: link.replace("low_stock-", "other-"),
            lambda link: link.replace("expires=", "expires=9"),
            lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
            lambda link: link.partition("signature=")[0] + "signature=",
            lambda link: link.partition("signature=")[0] + "signature=%C3%A9",
            lambda link: link.replace("exports/", "exports/%2e%2e/exports/"),
            lambda link: link.replace("expires=", "expires=-"),
            lambda link: urlsplit(link).path,
        ],
    )
    def test_a_bent_link_serves_nothing(self, api, link, bend):
        assert api.get(bend(link)).status_code in {404, 422}

    def test_an_expired_link_serves_nothing(self, api, link):
        assert api.get(get_store().link(KEY, seconds=0)).status_code == 404

    def test_a_link_of_another_secret_serves_nothing(self, api, link, tmp_path):
        forged = FolderStore(tmp_path, public_url="http://testserver", secret="t" * 40).link(KEY, seconds=60)
        assert api.get(forged).status_code == 404


class TestBucket:
    def test_what_is_put_is_read_back_and_fetched_by_its_link(self, bucket_store):
        bucket_store.put(KEY, io.BytesIO(b"whole"), media_type="text/csv")
        assert content_of(bucket_store, KEY) == b"whole"
        assert bucket_store.exists(KEY)
        answer = httpx.get(bucket_store.link(KEY, seconds=60))
        assert (answer.status_code, answer.content) == (200, b"whole")

    def test_a_missing_object_is_said_to_be_missing(self, bucket_store):
        assert not bucket_store.exists("exports/none")
        with pytest.raises(ObjectNotFound):
            content_of(bucket_store, "exports/none")

    def test_a_store_that_does_not_answer_is_said_to_be_away(self, settings, monkeypatch):
        from api.config import get_settings

        for name, value in {
            "S3_BUCKET": "exports", "S3_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        with pytest.raises(StoreAway):
            make_store(get_settings()).exists(KEY)
