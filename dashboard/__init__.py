"""The pages: `streamlit run dashboard/Home.py` or `culture dashboard`."""
