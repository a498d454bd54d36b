# Pinned by tag. To pin it wholly, append the digest that `docker pull` prints.
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
# An unhealthy container is only marked: neither Docker nor Compose restarts it.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "main.py", "health"]
# What follows the image's name reaches main.py: `docker compose run --rm bot chats`. Only `run`, which
# is the default, migrates first. The shell is process 1 meanwhile, and passes the end on.
ENTRYPOINT ["/bin/sh", "-c", "case ${1:-run} in run) trap 'kill $! && wait $!; exit 143' TERM INT; alembic upgrade head & wait $! || exit $? ;; esac; exec python main.py \"$@\"", "support-bot"]
