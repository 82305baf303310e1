# The reference server, for docker-compose.yml. Build: docker compose build
FROM node:24-bookworm-slim AS build
WORKDIR /rtops
COPY package.json package-lock.json .npmrc build.mjs tsconfig.json tsconfig.build.json ./
COPY cli cli
COPY server server
COPY prometheus prometheus
# `npm ci` compiles (prepare); what only the build needs goes again.
RUN npm ci && npm prune --omit=dev

FROM node:24-bookworm-slim
WORKDIR /rtops
ENV NODE_ENV=production
COPY --from=build /rtops/package.json ./
COPY --from=build /rtops/node_modules node_modules
COPY --from=build /rtops/dist dist
USER node
CMD ["node", "dist/server/main.js"]
