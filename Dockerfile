# Put watchlists.yaml into /data (the database lies beside it), and give secrets as variables or as NAME_FILE:
#   docker run --read-only --tmpfs /tmp -v orderwatch:/data -e SLACK_BOT_TOKEN_FILE=/run/secrets/slack ... orderwatch

FROM python:3.12-slim AS build
RUN python -m venv /opt/orderwatch
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
RUN /opt/orderwatch/bin/pip install --no-cache-dir ".${EXTRAS}" \
 && /opt/orderwatch/bin/python -m compileall -q /opt/orderwatch/lib \
 && /opt/orderwatch/bin/pip uninstall --yes pip

FROM python:3.12-slim
LABEL org.opencontainers.image.title="orderwatch" \
      org.opencontainers.image.description="Watches supplier orders and tells the right people when something real changes." \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin orderwatch \
 && install --directory --owner=orderwatch --group=orderwatch /data
COPY --from=build /opt/orderwatch /opt/orderwatch
ENV PATH=/opt/orderwatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORDERWATCH_CONFIG=/data/watchlists.yaml
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["orderwatch", "healthcheck"]
ENTRYPOINT ["orderwatch"]
CMD ["run"]
