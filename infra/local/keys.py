"""Ed25519 key pairs as PEM files: one signs access tokens, one lets the pipeline call the API."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def ensure_key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """The private and public file of the pair `name` in `folder`; made when they are missing, never replaced."""
    private_path, public_path = folder / f"{name}-private.pem", folder / f"{name}-public.pem"
    if not private_path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        private_path.touch(mode=0o600)
        private_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        public_path.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    return private_path, public_path
