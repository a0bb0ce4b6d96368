"""Downloads of tables: what is shown, as CSV and as Parquet."""

import io
from collections.abc import Callable

import pandas as pd
import streamlit as st


def table_downloads(make: Callable[[], pd.DataFrame], *, name: str) -> None:
    """Buttons that download a table; it is made, and written, when one is pressed."""

    def csv() -> str:
        return make().to_csv(index=False)

    def parquet() -> bytes:
        out = io.BytesIO()
        make().to_parquet(out, index=False)
        return out.getvalue()

    for kind, mime, write in (("CSV", "text/csv", csv), ("Parquet", "application/octet-stream", parquet)):
        st.download_button(
            kind,
            write,
            file_name=f"{name}.{kind.lower()}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"download.{name}.{kind}",
        )
