"""How long after a click the first chart of each dashboard page is there, with the real service and warehouse.

Each page is run by Streamlit's own runner, without a browser, its data cache emptied before; the second of two runs
counts, so modules are imported and the server's buffers are warm. The clock stops when the page hands over its first
plot (or, where it has none, its end): drawing it takes a browser about a tenth of a second more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import psycopg
from argon2 import PasswordHasher

from infra.bench import pipeline_steps as steps
from infra.bench.scratch import running_service
from infra.local.environment import Environment

EMAIL = "reader@stockpot.example"
PERSON = """
with role as (
    insert into roles (name, scopes) values ('bench-reader', '{reports.read}') returning id
), person as (
    insert into users (email, name, password_hash) values (%(email)s, 'Bench', %(hash)s) returning id
)
insert into role_grants (user_id, role_id) select person.id, role.id from person, role
"""
WALK = steps.TIMED.format(
    imports="""
from unittest.mock import patch
import streamlit as st
from streamlit.testing.v1 import AppTest
from dashboards import session
from dashboards.streamlit_app import PAGES
plots = []
def noting(draw):
    def drawn(*given, **named):
        plots.append(time.perf_counter())
        return draw(*given, **named)
    return drawn
def milliseconds(name, path):
    st.cache_data.clear()
    plots.clear()
    since = time.perf_counter()
    (app.run if name == "overview" else app.switch_page(path).run)()
    if app.exception:
        raise RuntimeError(f"{name}: {app.exception[0].message}")
    return round(((plots or [time.perf_counter()])[0] - since) * 1000)
""",
    work="""
answer = {}
app = AppTest.from_file("dashboards/streamlit_app.py", default_timeout=300)
app.session_state[session.KEPT] = session.sign_in(arguments[0], arguments[1])
plot, graph = noting(st.altair_chart), noting(st.mermaid_chart)
with patch.object(st, "altair_chart", plot), patch.object(st, "mermaid_chart", graph):
    for _ in range(2):
        for name, (path, _, _) in PAGES.items():
            answer[name] = milliseconds(name, path)
""",
)


def measure(admin_url: str, environment: Environment, progress: Callable[[str], None]) -> dict[str, int]:
    """Milliseconds to the first chart by page, for somebody who may read every location.

    Raises:
        CannotRunError: the service does not start, or a page failed.
    """
    password = secrets.token_urlsafe(24)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(PERSON.encode(), {"email": EMAIL, "hash": PasswordHasher().hash(password)})
    with running_service(environment, progress) as port:
        progress("first chart of each dashboard page")
        answer: dict[str, int] = steps.child(
            environment, WALK, EMAIL, password, STOCKPOT_API_URL=f"http://127.0.0.1:{port}"
        )["answer"]
    return answer
