"""The contracts of the house: imports point down, in the direction pyproject.toml declares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class TestImports:
    def test_every_contract_is_kept(self):
        command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "0 broken" in done.stdout

    def test_a_forbidden_import_is_noticed(self, tmp_path):
        (tmp_path / "upper").mkdir()
        (tmp_path / "lower").mkdir()
        (tmp_path / "upper" / "__init__.py").write_text("")
        (tmp_path / "lower" / "__init__.py").write_text("import upper\n")
        (tmp_path / "setup.cfg").write_text(
            "[importlinter]\nroot_packages =\n    upper\n    lower\n"
            "[importlinter:contract:one]\nname = down\ntype = forbidden\nsource_modules = lower\nforbidden_modules = upper\n"
        )
        command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout
        assert "lower -> upper" in done.stdout
