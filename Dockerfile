# The directory as an image that runs without root and writes to /var/lib/directory and /tmp only. compose.yaml uses it.
FROM python:3.11-slim-trixie AS dependencies
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt /
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /requirements.txt

FROM python:3.11-slim-trixie
# pg_dump for "backup": the same major version as the server in compose.yaml. Debian's own version is what is wanted.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /var/lib/directory \
    && chown 10001:10001 /var/lib/directory
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /app
COPY manage.py pyproject.toml LICENSE ./
COPY config config
COPY templates templates
COPY fixtures fixtures
COPY partnerships partnerships
RUN python -m compileall -q config partnerships
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp VAR_DIR=/var/lib/directory
USER 10001:10001
VOLUME /var/lib/directory
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 CMD ["python", "-m", "config.health"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
