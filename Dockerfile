# The dashboard for a group, as on a Hugging Face Space; docs/guide/sharing.md says how to use it.
FROM python:3.12-slim

# Spaces run containers as user 1000
RUN useradd --create-home --uid 1000 reader
WORKDIR /home/reader/app

RUN pip install --no-cache-dir torch --index-url https://download.pytorch.org/whl/cpu
COPY pyproject.toml README.md LICENSE ./
COPY culture_core culture_core
COPY dashboard dashboard
RUN pip install --no-cache-dir ".[dashboard]"
COPY cache cache

USER reader
# a Space shows the pages in a frame of another site: the cookie against forged uploads has to reach it there
ENV PYTHONDONTWRITEBYTECODE=1 \
    STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none
EXPOSE 7860
CMD ["culture", "dashboard", "--public", "--port", "7860", "--cache", "cache"]
