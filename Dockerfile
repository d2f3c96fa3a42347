# syntax=docker/dockerfile:1
# Both bases can be pinned: --build-arg BUILD_IMAGE=docker.io/library/node:24-bookworm-slim@sha256:...
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# What the lock file says, and no script of any package.
FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.node.json tsconfig.build.json ./
COPY src ./src
# The data directory is made here, since the next stage has no shell to make it with.
RUN npm run build && mkdir /data

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="poolcast" \
      org.opencontainers.image.description="Typed CloudEvents for everything that happens in Amazon Cognito user pools, delivered at least once." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# In a container nobody reaches loopback. Any other address needs a credential: without one the start says so and ends.
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE /app/
COPY deploy/container/healthcheck.mjs /app/healthcheck.mjs
COPY --from=build --chown=65532:65532 /data /data
# The configuration's default paths (./poolcast.yaml, ./data/...) are then /poolcast.yaml and /data, the one volume.
WORKDIR /
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/nodejs/bin/node", "/app/healthcheck.mjs"]
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/cli/main.js"]
CMD ["start"]
