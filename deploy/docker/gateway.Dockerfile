# The gateway, with the supergraph composed into the image.
# Build from the root of the repository: docker build -f deploy/docker/gateway.Dockerfile .
FROM node:24.21.0-bookworm-slim AS compose
WORKDIR /app
COPY . .
# `node` is a development dependency: the image has its own.
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts \
 && node packages/platform/src/main.ts compose --out /app/supergraph.graphql

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY gateway/package.json gateway/
COPY packages/contract/package.json packages/contract/
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts --workspace @marquee/gateway --workspace @marquee/contract

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    MARQUEE_GATEWAY_HOST=0.0.0.0 \
    MARQUEE_GATEWAY_PORT=4000 \
    MARQUEE_GATEWAY_SUPERGRAPH_FILE=/app/supergraph.graphql
WORKDIR /app
COPY --from=dependencies /app ./
COPY gateway/src gateway/src
COPY packages/contract/src packages/contract/src
COPY --from=compose /app/supergraph.graphql ./
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm: signals must reach the process that drains.
CMD ["node", "gateway/src/main.ts"]
