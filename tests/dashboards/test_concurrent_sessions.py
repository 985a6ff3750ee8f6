"""Two sessions that draw at the same moment, in a process that has drawn nothing yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOOKED_UP = {"numpy", "pandas", "pyarrow"}
DRAW = """
import logging, sys, threading, time
logging.disable(logging.CRITICAL)  # Streamlit warns that no browser looks
import polars as pl, streamlit as st
from dashboards import charts

frame = pl.DataFrame({"label": ["Flour", "Salt"], "value": [1.0, 2.0], "text": ["1", "2"]})
ready = {each for each in sys.argv[2].split(",") if each in sys.modules}
other = threading.Thread(target=st.dataframe, args=(frame,))
other.start()
time.sleep(float(sys.argv[1]))
bars = charts.labelled_bars(frame, label="label", value="value", text="text", title="Days", is_trouble=None)
st.altair_chart(bars, width="stretch")
other.join()
print(",".join(sorted(ready)))
"""


class TestConcurrentSessions:
    @pytest.mark.parametrize("seconds_between", [0.02, 0.15])
    def test_a_table_of_one_does_not_break_the_plot_of_another(self, seconds_between):
        command = [sys.executable, "-c", DRAW, str(seconds_between), ",".join(LOOKED_UP)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

        assert done.returncode == 0, done.stderr[-2000:]
        assert set(done.stdout.strip().split(",")) == LOOKED_UP, "a plot would look one up that is imported by half"
