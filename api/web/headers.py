"""What the browser may do with these pages: nothing but what is listed here.

The headers that every answer carries are added by `api.core.middleware`.
"""

from __future__ import annotations


def page_headers(nonce: str) -> dict[str, str]:
    """Headers of an HTML page whose script tags carry `nonce`.

    `strict-dynamic` trusts what those scripts import and nothing else; `wasm-unsafe-eval` is for the barcode decoder.
    Pages are shells without data, so nothing private is cached, and they are asked for again each time.
    """
    policy = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'",
        "worker-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "stockpot",
    }
    return {"content-security-policy": _join(policy), "cache-control": "no-cache"}


def static_headers() -> dict[str, str]:
    """Headers of a static file; a worker is ruled by the policy of its own script, so the decoder's stands here."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "connect-src": "'self'",
        "style-src": "'self'",
    }
    return {"content-security-policy": _join(policy)}


def _join(policy: dict[str, str]) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
