"""The dashboards: `streamlit run dashboards/streamlit_app.py`. Signs people in, then routes to a page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import palette, queries, session
from dashboards.parts import View, plain, set_view

ICON = Path(__file__).parent / "icon.png"  # a named icon would be fetched from another host
PAGES = {
    "overview": ("app_pages/overview.py", "Today", ":material/home:"),
    "stock": ("app_pages/stock.py", "Stock and value", ":material/inventory_2:"),
    "sales": ("app_pages/sales.py", "Sales and usage", ":material/restaurant:"),
    "variance": ("app_pages/variance.py", "Usage and variance", ":material/balance:"),
    "waste": ("app_pages/waste.py", "Waste and stockouts", ":material/delete:"),
    "menu": ("app_pages/menu.py", "Menu engineering", ":material/menu_book:"),
    "purchasing": ("app_pages/purchasing.py", "Suppliers and prices", ":material/local_shipping:"),
    "health": ("app_pages/health.py", "Data health", ":material/monitor_heart:"),
    "reports": ("app_pages/reports.py", "Report explorer", ":material/table_view:"),
}
STYLE = """
<style>
  .block-container { padding-top: 2.5rem; max-width: 1280px; }
  [data-testid="stMetricValue"], table, td { font-variant-numeric: tabular-nums; }
  :is([data-testid="stMetricValue"], [data-testid="stMetricDelta"]) * {
    white-space: normal !important; /* nothing is cut */
  }
  h1 { font-size: 1.9rem !important; padding: 0 !important; }
  [data-testid="stMain"] { overflow-x: hidden; }
  [data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] :is(p, strong, code) {
    color: SOFT;
    opacity: 1; /* Streamlit's own grey is too faint to read */
  }
  @media (max-width: 640px) {
    .block-container { padding: 3.5rem 1rem 4rem; }
    h1 { font-size: 1.5rem !important; }
    h3 { font-size: 1.25rem !important; }
    /* two beside each other, so that the first plot comes sooner */
    :is(.st-key-filters, .st-key-figures) [data-testid="stHorizontalBlock"] { flex-flow: row wrap; gap: 0.5rem 1rem; }
    :is(.st-key-filters, .st-key-figures) [data-testid="stColumn"] {
      flex: 1 1 calc(50% - 1rem);
      min-width: calc(50% - 1rem);
    }
    .st-key-filters [data-testid="stColumn"]:nth-child(3) { display: none; }
    .st-key-plotted [data-testid="stHorizontalBlock"] { flex-flow: row nowrap; gap: 0.5rem; }
    .st-key-plotted [data-testid="stColumn"] { flex: 1 1 30%; min-width: 30%; }
  }
</style>
"""


def main() -> None:
    """One rerun: recognise the person, find what they may see, run the page they are on."""
    st.set_page_config("Stockpot dashboards", page_icon=str(ICON), layout="wide")
    palette.use(st.context.theme.get("type"))
    st.html(STYLE.replace("SOFT", palette.colours().soft))
    page = st.navigation(
        [
            st.Page(path, title=title, icon=icon, url_path=name, default=name == "overview")
            for name, (path, title, icon) in PAGES.items()
        ]
    )
    try:
        person = session.current_person()
        if person is None:
            _sign_in()
            return
        _signed_in(person)
        if not person.may_read:
            st.error(
                "Your account may not read reports. Ask an administrator for a role with the scope `reports.read`."
            )
            return
        right = session.reading_right(person)
        queries.read_as(right)
        set_view(View(queries.load(), queries.locations(right.locations), person))
        _run(page)
    except (session.ServiceUnreachable, session.SignInRefused) as error:
        _try_again(str(error))
    except queries.MartsUnreachable as error:
        _try_again(f"{error} Figures come back with it; nothing is lost.")
    except queries.ReadingRightEnded:
        _try_again("Drawing this page took longer than your right to read lasts.")
    except queries.MartsNotPublished:
        st.title("No figures yet", anchor=False)
        st.info(
            "**The marts are published at the end of a pipeline run.** Start the nightly job in Dagster, or run "
            "`stockpot pipeline`; then reload this page."
        )


def _run(page: Any) -> None:
    try:
        page.run()
    except queries.MartsNotPublished:
        st.info(
            "**The published load is older than this page.** A table that it shows is not part of it yet; the next "
            "pipeline run brings it."
        )


def _sign_in() -> None:
    st.title("Sign in to see the figures", anchor=False)
    before = session.ended_of()
    if before:
        st.warning("Your session has ended. Sign in again: you come back to this page with its filters.")
    left, _ = st.columns([1, 1])
    with left, st.form("sign_in"):
        email = st.text_input("E-mail", before or "", autocomplete="username")
        password = st.text_input("Password", type="password", autocomplete="current-password")
        if st.form_submit_button("Sign in", type="primary"):
            try:
                session.keep(session.sign_in(email, password))
            except session.SignInRefused as refused:
                st.error(str(refused))
            else:
                st.rerun()
    if way := session.way_over_operators_page():
        st.html(f'<a href="{escape(way)}">Sign in on the operator\'s page instead</a>')
    st.caption(
        "The same account as on the operator's page. Signed in there, on the same host, you are signed in here too, "
        "and stay so when this page is loaded anew; this form's session lives in this tab."
    )


def _signed_in(person: session.Person) -> None:
    with st.sidebar:
        st.caption(f"Signed in as {plain(person.name)}")
        if st.button("Sign out"):
            session.leave(person)
            st.rerun()


def _try_again(sentence: str) -> None:
    st.error(sentence)
    st.button("Try again")


if __name__ == "__main__":
    main()
