# One image for all processes. The command selects the process: `dist/apps/<app>/src/main.js`.
# The stages before the last run on the platform of the builder. So an image for another platform needs no emulation.
FROM --platform=$BUILDPLATFORM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY tools/build.mjs tools/
COPY tools/build tools/build
COPY apps apps
COPY libs libs
COPY packages packages
RUN node tools/build.mjs --image

FROM --platform=$BUILDPLATFORM node:24-slim AS packages
ARG TARGETARCH
WORKDIR /app
COPY package.json package-lock.json ./
# Installs the native code of the target platform. npm calls amd64 x64.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --libc=glibc \
  --cpu="$(echo "$TARGETARCH" | sed 's/^amd64$/x64/')"
COPY tools/build tools/build
RUN node tools/build/copy-packages.mjs /image

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /image/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY blueprints blueprints
COPY deploy/postgres deploy/postgres
# A numeric user, so that Kubernetes can verify that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/apps/gateway/src/main.js"]
