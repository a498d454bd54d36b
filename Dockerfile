# To pin the image wholly, append its digest: `docker pull` prints it.
FROM python:3.13-slim-trixie AS build
COPY requirements.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r /requirements.txt \
    && /venv/bin/pip uninstall --yes pip

FROM python:3.13-slim-trixie
RUN useradd --system --uid 999 --user-group support \
    && install --directory --owner=support --group=support /data
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DB_NAME=/data/support.db
USER 999
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=1 \
    CMD ["python", "main.py", "health"]
# What follows the image's name reaches main.py: `docker compose run --rm bot chats`.
ENTRYPOINT ["/bin/sh", "-c", "alembic upgrade head && exec python main.py \"$@\"", "support-bot"]
