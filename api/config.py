"""The one Settings object of the operational service, read from the environment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDERS = frozenset({"", "change-me", "changeme", "secret", "placeholder", "demo"})


class Settings(BaseSettings):
    """Everything that a deployment may set; `.env.example` lists the same names and a test compares the two."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", case_sensitive=False)

    stockpot_home: Path = Path("var")
    stockpot_environment: Literal["production", "demo", "test"] = "production"
    stockpot_public_url: str = Field("http://127.0.0.1:8000", description="Base of the links in mails and pages.")
    stockpot_dashboards_url: str = "http://127.0.0.1:8501"
    stockpot_dagster_url: str = "http://127.0.0.1:3000"
    log_level: str = "INFO"

    database_url: str = Field("postgresql://stockpot_app@127.0.0.1:5432/stockpot", description="Role stockpot_app.")
    database_owner_url: str | None = Field(None, description="Role stockpot_owner; migrations only.")
    analyst_url: str | None = Field(None, description="Role analyst: reads marts, nothing else.")
    database_pool_size: int = 8
    redis_url: str = "redis://127.0.0.1:6379/0"

    jwt_private_key_file: Path | None = Field(None, description="Ed25519 PEM that signs access tokens.")
    service_public_key_file: Path | None = Field(None, description="Ed25519 PEM that verifies service tokens.")
    csrf_secret: SecretStr = SecretStr("")
    link_secret: SecretStr = Field(SecretStr(""), description="Signs download links of the folder object store.")
    cookie_secure: bool = True
    access_token_seconds: int = 15 * 60
    refresh_token_seconds: int = 7 * 24 * 3600
    refresh_grace_seconds: int = 10
    max_body_bytes: int = 10 * 1024 * 1024

    s3_bucket: str | None = None
    s3_endpoint_url: str | None = None
    s3_region: str = "eu-west-1"
    object_store_path: Path | None = Field(None, description="Folder used as object store where no bucket is set.")

    events_queue_url: str | None = Field(None, description="SQS queue; the in-process bus where it is not set.")
    smtp_url: str | None = Field(None, description="smtp://user:password@host:port; else mail is written to files.")
    mail_from: str = "Stockpot <stockpot@localhost>"
    mail_path: Path | None = None

    @model_validator(mode="after")
    def _refuse_placeholders(self) -> Self:
        """Outside the demo and the tests, a secret that is missing or a placeholder stops the service at start."""
        if self.stockpot_environment == "production":
            for name in ("csrf_secret", "link_secret"):
                value: SecretStr = getattr(self, name)
                if value.get_secret_value().lower() in PLACEHOLDERS or len(value.get_secret_value()) < 32:
                    message = f"{name.upper()} must be a random secret of at least 32 characters"
                    raise ValueError(message)
            for name in ("jwt_private_key_file", "service_public_key_file"):
                if getattr(self, name) is None:
                    message = f"{name.upper()} must name a key file"
                    raise ValueError(message)
        return self

    @property
    def objects_folder(self) -> Path:
        """Where the folder object store keeps its files."""
        return self.object_store_path or self.stockpot_home / "objects"

    @property
    def mail_folder(self) -> Path:
        """Where mail is written as `.eml` files when no SMTP server is set."""
        return self.mail_path or self.stockpot_home / "mail"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process-wide settings; tests clear the cache to change them."""
    return Settings()
