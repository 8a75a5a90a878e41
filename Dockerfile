# syntax=docker/dockerfile:1

# The binary, from source.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin viceversa \
    && cp target/release/viceversa /usr/local/bin/viceversa

# Node.js for servers that start by npx: Debian's own is older than many of them demand.
FROM node:22-bookworm-slim AS node

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes ca-certificates python3 python3-venv tini \
    && rm -rf /var/lib/apt/lists/*
# uv and uvx for servers that start by uvx, in an environment of their own.
RUN python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir uv==0.13.8 \
    && ln -s /opt/uv/bin/uv /opt/uv/bin/uvx /usr/local/bin/
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
    && useradd --create-home --uid 10001 viceversa
COPY --from=build /usr/local/bin/viceversa /usr/local/bin/viceversa

USER 10001
WORKDIR /home/viceversa
# Where servers write, npx and uvx above all. ECS takes from here who owns the storage that it puts
# there, and `docker run --read-only` leaves both writable.
VOLUME ["/home/viceversa", "/tmp"]
# Outside the container nobody reaches a loopback address. Without a key of yours the gateway
# makes one on this address, prints it, and demands it.
ENV VICEVERSA_HOST=0.0.0.0
# The default of --port. No variable is set to it here, since it would win over MCPO_PORT,
# FASTMCP_PORT and SERVER_PORT.
EXPOSE 8000
STOPSIGNAL SIGTERM
# Where the variables and a config that VICEVERSA_CONFIG names say that it listens; with --port,
# --config or --ssl-certfile give a health check of your own, with the same flags
# (docker run --health-cmd 'viceversa health --port 9000').
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["viceversa", "health", "--timeout", "4s"]
# tini takes the place of process 1, which has to collect processes that servers left behind.
ENTRYPOINT ["tini", "--", "viceversa"]
