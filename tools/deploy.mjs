/**
 * Replaces the containers of docker-compose.yml without losing a login.
 *
 * `npm run deploy -- upgrade [--no-build]`: builds the image (the one before is kept as `gatehouse:previous`), migrates
 * the database, reloads NATS and the proxy if their files have changed, and replaces the containers of all services.
 * Creates the stream of events if EVENTS_STREAM is set.
 * `npm run deploy -- scale`: starts or stops containers, so that each service has the replicas of .env.
 * `npm run deploy -- roll [SERVICE…]`: replaces the containers of these services, by default of all, so that they use
 * the present image, settings and secrets. With the courier, creates the stream of events or changes its limits.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isSecret, readSettings, SECRETS_FILE, SETTINGS_FILE } from './env-settings.mjs';
import { endWithUsage } from './usage.mjs';

/** Seconds within which a new container must be ready. Longer than START_WAIT_S, which is 300 by default. */
const READY_TIMEOUT_S = 360;
const POLL_INTERVAL_MS = 500;
/**
 * Milliseconds to wait after the proxy has been told to stop using a gateway, because the proxy may still open
 * connections to it during that time.
 */
const OPENING_MS = 1000;
const PROXY_FILE = 'deploy/proxy/haproxy.cfg';
const USAGE = `usage: npm run deploy -- upgrade [--no-build]
       npm run deploy -- scale
       npm run deploy -- roll [SERVICE…]`;

/** A failure of a command, or of a container, that the operator has to see. */
class DeployError extends Error {}

async function run([command, ...args]) {
  const secrets = readSettings(SETTINGS_FILE).filter(([name]) => isSecret(name));
  if (secrets.length > 0)
    throw new DeployError(
      `${SETTINGS_FILE} has ${secrets[0][0]}, which every container could read. Run npm run deploy:env, which moves it to ${SECRETS_FILE}.`,
    );
  if (command === 'upgrade' && (args.length === 0 || (args.length === 1 && args[0] === '--no-build')))
    return upgrade({ build: args.length === 0 });
  if (command === 'scale' && args.length === 0) return scale();
  if (command === 'roll' && !args.some((arg) => arg.startsWith('-'))) return roll(args);
  throw new DeployError(USAGE);
}

async function upgrade({ build }) {
  if (build) {
    const image = readServices().gateway.image;
    if (docker('images', '--quiet', image) !== '') docker('tag', image, `${image.replace(/:[^:/]*$/, '')}:previous`);
    show('build', 'migrate');
  }
  // Starts Postgres and NATS, or replaces their containers if the images or settings have changed.
  show('up', '--detach', '--no-build', '--wait', 'postgres', 'nats');
  for (const job of ['migrate', 'roles']) show('run', '--rm', '--no-deps', job);
  reload();
  await roll([]);
}

/** Reloads the configuration of NATS and that of the proxy, each only if its files have changed. Checks the files first. */
function reload() {
  if (containersOf('nats').length > 0 && hasNewConfiguration()) {
    compose('exec', '-T', 'nats', 'nats-server', '-t', '-c', '/etc/nats/nats.conf');
    compose('kill', '--signal', 'HUP', 'nats');
  }
  const [proxy] = containersOf('proxy');
  // Reloads the proxy only if its file is newer than what it has loaded, because for about a second after a reload,
  // the proxy knows no gateway.
  if (!proxy || statSync(PROXY_FILE).ctimeMs < proxyLoadedAt(proxy)) return;
  compose('exec', '-T', 'proxy', 'haproxy', '-c', '-f', '/etc/haproxy/haproxy.cfg');
  compose('kill', '--signal', 'USR2', 'proxy');
}

/**
 * Returns the time at which the proxy has loaded its file, in milliseconds since 1970: its last reload, otherwise its
 * start.
 */
function proxyLoadedAt(proxy) {
  const started = Date.parse(docker('inspect', '--format', '{{.State.StartedAt}}', proxy));
  try {
    const [, uptime] = /^Uptime_sec: (\d+)/m.exec(askProxy('show info')) ?? [];
    // HAProxy reports whole seconds, so a file that was changed in the same second may be newer.
    return uptime === undefined ? started : Date.now() - (Number(uptime) + 1) * 1000;
  } catch {
    // The proxy may still run a configuration of an earlier version, which has no runtime API.
    return started;
  }
}

/**
 * Returns whether a file of NATS is newer than the configuration that NATS has loaded. A reload makes NATS forget which
 * requests are open, and refuse their replies.
 */
function hasNewConfiguration() {
  const inNats = (command) => compose('exec', '-T', 'nats', 'sh', '-c', command);
  const changed = inNats('stat -c %Z /etc/nats/*.conf /etc/nats/stages/*.conf').split('\n').map(Number);
  const { config_load_time: loaded } = JSON.parse(inNats('wget -qO- http://127.0.0.1:8222/varz'));
  // Compares times of change (ctime), because a copy can keep the time of modification. They are whole seconds, so a
  // file that was changed in the same second may be newer.
  return Math.max(...changed) >= Math.floor(Date.parse(loaded) / 1000);
}

/** Starts or stops containers of services, without replacing any. */
const scale = () =>
  show('up', '--detach', '--no-deps', '--no-build', '--no-recreate', '--wait', ...rolledOf(readServices()));

/**
 * Replaces the containers of services, one service after the other, and the gateway last: a new service understands the
 * requests of an old gateway.
 */
async function roll(names) {
  const services = readServices();
  const rolled = rolledOf(services);
  const unknown = names.filter((name) => !rolled.includes(name));
  if (unknown.length > 0)
    throw new DeployError(`This command does not deploy ${unknown.join(', ')}. It deploys ${rolled.join(', ')}.`);
  const chosen = rolled.filter((name) => names.length === 0 || names.includes(name));
  // The stream must exist before the courier starts. Without a stream, the courier keeps its events.
  if (chosen.includes('courier')) show('run', '--rm', '--no-deps', 'stream');
  const running = chosen.filter((name) => containersOf(name).length > 0);
  const absent = chosen.filter((name) => !running.includes(name));
  if (absent.length > 0) start(...absent);
  for (const name of running.sort((a, b) => Number(a === 'gateway') - Number(b === 'gateway')))
    await replace(name, services[name].deploy?.replicas ?? 1);
  if (names.length === 0) start('proxy');
}

/** Starts services and waits until they are ready. */
const start = (...services) => show('up', '--detach', '--no-deps', '--no-build', '--wait', ...services);

/** Starts the new containers of a service, waits until they are ready, and then stops the old ones. */
async function replace(service, replicas) {
  const old = containersOf(service);
  compose(
    'up',
    '--detach',
    '--no-deps',
    '--no-build',
    '--no-recreate',
    '--scale',
    `${service}=${old.length + replicas}`,
    service,
  );
  const added = containersOf(service).filter((id) => !old.includes(id));
  try {
    for (const id of added) await untilHealthy(service, id);
    if (service === 'gateway') await untilProxied(old.length + added.length);
  } catch (error) {
    remove(added);
    throw error;
  }
  const slots = service === 'gateway' ? await takeOut(old) : [];
  remove(old);
  for (const slot of slots) askProxy(`set server ${slot} state ready`);
  console.log(`${service}: ${added.length} new, ${old.length} stopped`);
}

async function untilHealthy(service, id) {
  const end = Date.now() + READY_TIMEOUT_S * 1000;
  for (;;) {
    const [status, health] = docker('inspect', '--format', '{{.State.Status}} {{.State.Health.Status}}', id).split(' ');
    if (health === 'healthy') return;
    if (status !== 'running' || Date.now() > end) {
      const log = spawnSync('docker', ['logs', '--tail', '5', id], { encoding: 'utf8' });
      throw new DeployError(
        `${service}: the new container is ${status} and ${health}. The old ones stay. Its last lines:\n${log.stdout}${log.stderr}`,
      );
    }
    await delay(POLL_INTERVAL_MS);
  }
}

/**
 * Resolves when the proxy sends requests to at least this number of gateways, or if no proxy runs. Throws DeployError
 * after READY_TIMEOUT_S.
 */
async function untilProxied(count) {
  if (containersOf('proxy').length === 0) return;
  const end = Date.now() + READY_TIMEOUT_S * 1000;
  while (Number(compose('exec', '-T', 'proxy', 'wget', '-qO-', 'http://127.0.0.1:9001/-/gateways/')) < count) {
    if (Date.now() > end)
      throw new DeployError('gateway: the proxy does not find the new containers. The old ones stay.');
    await delay(POLL_INTERVAL_MS);
  }
}

/**
 * Makes the proxy send no further request to these gateways, and returns their places in its list. A gateway that stops
 * could reset a connection that it has not accepted yet.
 */
async function takeOut(ids) {
  const format = '{{range $name, $network := .NetworkSettings.Networks}}{{$network.IPAddress}} {{end}}';
  const addresses = ids.flatMap((id) => docker('inspect', '--format', format, id).split(' '));
  const servers = askProxy('show servers state ready')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , , , address]) => addresses.includes(address));
  const slots = servers.map(([, backend, , name]) => `${backend}/${name}`);
  for (const slot of slots) askProxy(`set server ${slot} state drain`);
  await delay(OPENING_MS);
  return slots;
}

/** Runs a command of HAProxy's runtime API. Returns the answer, which is empty when no proxy runs. */
function askProxy(command) {
  if (containersOf('proxy').length === 0) return '';
  return compose('exec', '-T', 'proxy', 'sh', '-c', 'echo "$0" | nc 127.0.0.1 9002', command);
}

/** Stops containers, each within its grace period, and removes them. */
function remove(ids) {
  if (ids.length === 0) return;
  docker('stop', ...ids);
  docker('rm', '--force', ...ids);
}

/** Returns the services of our image that run permanently. */
const rolledOf = (services) =>
  Object.keys(services).filter(
    (name) => services[name].image === services.gateway.image && services[name].restart !== 'no',
  );

const readServices = () => JSON.parse(compose('config', '--format', 'json')).services;

/** Returns the ids of the running containers of a service. */
const containersOf = (service) => compose('ps', '--quiet', service).split('\n').filter(Boolean);

const compose = (...args) => docker('compose', ...args);

/** Runs a command of Docker and returns what it prints. Throws with its errors. */
function docker(...args) {
  const { status, stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new DeployError(`docker ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}

/** Runs a command of Compose that prints its progress to the operator. */
function show(...args) {
  const { status } = spawnSync('docker', ['compose', ...args], { stdio: 'inherit' });
  if (status !== 0) throw new DeployError(`docker compose ${args.join(' ')} has failed`);
}

endWithUsage(USAGE, ['--no-build']);
try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
