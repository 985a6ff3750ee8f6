"""Copy what npm fetched into the page's own origin: `python -m infra.assets.vendor`, after `npm ci`.

The page must load nothing from other hosts, so the decoder and its WebAssembly lie beside its own scripts. Without node
nothing is copied, and frames go to the server's decoder.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "api" / "web" / "static" / "vendor"
FILES: Mapping[str, str] = {
    "zxing-reader.js": "zxing-wasm/dist/iife/reader/index.js",
    "zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "zxing-wasm.LICENSE": "zxing-wasm/LICENSE",
}


def copy(modules: Path = ROOT / "node_modules", vendor: Path = VENDOR) -> list[str]:
    """Copy each file and give the names of those that npm has not fetched."""
    vendor.mkdir(parents=True, exist_ok=True)
    missing = []
    for name, source in FILES.items():
        if (modules / source).exists():
            shutil.copyfile(modules / source, vendor / name)
        else:
            missing.append(source)
    return missing


if __name__ == "__main__":
    if lacking := copy():
        print(f"browser assets are missing: {', '.join(lacking)}; the server will decode instead", file=sys.stderr)
