/**
 * Writes the environment files of processes on hosts (deploy/systemd), from FOLDER/settings.env, which
 * `npm run deploy:env -- FOLDER/settings.env` makes. Each service gets all settings, and only its own secrets, which
 * deploy/compose/services.yaml lists. Only the owner can read the files.
 *
 * `npm run deploy:hosts -- FOLDER [INSTANCE…]`: writes FOLDER/INSTANCE.env for each instance, such as `password` or
 * `password-2`; by default for one instance of each service, for those whose file is there already, for the
 * commands of the operator, and for NATS.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isSecret, readSettings } from './env-settings.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = 'usage: npm run deploy:hosts -- FOLDER [INSTANCE…], where INSTANCE is as in password or password-2';
const FIRST_PORT = 9000;
/** Monitoring port of the first instance of the first service. The next services have the following numbers. */
const FIRST_MONITORING_PORT = 9101;
/** Distance between the monitoring ports of two instances of a service. */
const NEXT_INSTANCE = 20;
/** Settings of containers, or of NATS, which processes on hosts do not read. */
const OF_CONTAINERS = /^(LISTEN|FRONT_SUBNET|COMPOSE_PROFILES|PROMETHEUS_\w+|GRAFANA_\w+|\w+_REPLICAS)$/;
const OF_NATS = /^NATS_(NKEY_[A-Z]+|LISTEN|HTTP|STORE|STAGES|SERVER_NAME|ROUTES|CLUSTER_PASSWORD)$/;
/** The role that owns the tables. The commands of the operator connect as this role. */
const OWNER = 'gatehouse';
const NATS_DEFAULTS = { NATS_LISTEN: '127.0.0.1:4222', NATS_HTTP: '127.0.0.1:8222', NATS_STORE: '/var/lib/nats' };

endWithUsage(USAGE, []);
const [folder = '', ...instances] = process.argv.slice(2);
if (folder === '') fail(USAGE);
const source = join(folder, 'settings.env');
const settings = new Map(readSettings(source));
if (!settings.has('SEAL_KEYS'))
  fail(`${source} has no SEAL_KEYS. Make it with \`npm run deploy:env -- ${source}\` first.`);
// Check all values before the first file is written.
for (const [name, value] of settings) quoted(name, value);
const file = fileURLToPath(new URL('../deploy/compose/services.yaml', import.meta.url));
const containers = parse(readFileSync(file, 'utf8'), { merge: true }).services;
const services = Object.keys(containers).filter((name) => containers[name].command?.[0] === entryOf(name));

if (instances.length === 0) {
  write('operator', {
    ...sharedSettings('operator'),
    ...secretsOf('roles'),
    ...secretsOf('operator'),
    DATABASE_USER: OWNER,
  });
  write('nats', { ...NATS_DEFAULTS, ...Object.fromEntries([...settings].filter(([name]) => isForNats(name))) });
}
for (const instance of instances.length === 0 ? [...services, ...furtherInstances()] : instances)
  write(instance, environmentOf(instance));

/** Returns the second and further instances that have a file. */
function furtherInstances() {
  return readdirSync(folder).flatMap((name) => /^([a-z]+-[2-9])\.env$/.exec(name)?.[1] ?? []);
}

/** Returns the environment variables of an instance of a service. */
function environmentOf(instance) {
  const [, service = '', number = '1'] = /^([a-z]+)(?:-([1-9]))?$/.exec(instance) ?? [];
  if (!services.includes(service))
    fail(`${instance} is no instance of a service. The services are ${services.join(', ')}.`);
  const nth = Number(number) - 1;
  const monitoringPort = FIRST_MONITORING_PORT + services.indexOf(service) + nth * NEXT_INSTANCE;
  return {
    SERVICE: service,
    ...sharedSettings(service),
    ...(service === 'gateway' ? { PORT: FIRST_PORT + nth } : {}),
    MONITORING_PORT: monitoringPort,
    ...secretsOf(service),
  };
}

/** Returns the settings of a container that are not secret. */
function sharedSettings(container) {
  const usesDatabase = 'DATABASE_URL' in containers[container].environment;
  const isRead = (name) =>
    !isSecret(name) && !OF_CONTAINERS.test(name) && !isForNats(name) && (usesDatabase || !name.startsWith('DATABASE_'));
  return Object.fromEntries([...settings].filter(([name]) => isRead(name)));
}

/** Returns the secrets that a container has, as a process on a host reads them. */
function secretsOf(container) {
  const secrets = {};
  for (const [name, value] of Object.entries(containers[container].environment)) {
    const [, user, variable] = /^(?:postgres:\/\/(\w+):)?\$\{(\w+)/.exec(value) ?? [];
    if (variable === undefined || !isSecret(variable) || !settings.has(variable)) continue;
    if (name === 'DATABASE_URL')
      Object.assign(secrets, { DATABASE_USER: user, DATABASE_PASSWORD: settings.get(variable) });
    else secrets[name] = settings.get(variable);
  }
  return secrets;
}

function isForNats(name) {
  return OF_NATS.test(name);
}

function entryOf(service) {
  return `dist/apps/${service}/src/main.js`;
}

/** Replaces the file atomically, so that a process that starts at the same time never reads a part of it. */
function write(instance, environment) {
  const path = join(folder, `${instance}.env`);
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${quoted(name, String(value))}\n`);
  writeFileSync(`${path}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  console.log(`${path}: ${lines.length} settings`);
}

/**
 * Quotes a value that systemd or Node would misread: systemd removes a backslash, `#` begins a comment for Node, and
 * after a quote or a backtick at the start only, one of them searches for its end in the following lines. Ends the process if
 * systemd and Node would still read the value differently.
 */
function quoted(name, value) {
  if (/^(?:'[^']*'|"[^"\\]*")$/.test(value) || !/[\\#]|^['"`]/.test(value)) return value;
  if (/^(['"]).*\1$/.test(value))
    return fail(
      `${source}: ${name} is in quotes, but has the same quotes or a backslash between them. Remove the quotes around it: this file needs none.`,
    );
  if (!value.includes("'")) return `'${value}'`;
  if (!/["\\]/.test(value)) return `"${value}"`;
  return fail(
    `${source}: ${name} has an apostrophe besides a backslash, or besides a quotation mark and # or a quote at its start. systemd and Node read that differently in any quotes. Choose another value. In JSON, write the apostrophe as \\u0027.`,
  );
}

function fail(message) {
  console.error(`deploy:hosts: ${message}`);
  process.exit(1);
}
