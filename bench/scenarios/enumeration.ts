import { pbkdf2Sync } from 'node:crypto';
import pg from 'pg';
import { Browser } from '../../test/support/browser.js';
import { cpuOf } from '../cpu.js';
import type { BenchEnvironment } from '../environment.js';
import type { Product } from '../product.js';
import { enumerationReport, type ProbeClass } from '../report.js';
import { areaUnderRoc } from '../roc.js';

/**
 * Iterations of the old hashes: a third of authentik's, so that the scenario takes only minutes. Checking such a hash
 * takes some 50 ms of CPU time, checking a current hash 11 ms.
 */
const ROUNDS = 240_000;
const PASSWORD = 'correct-horse-7';
/** Number of imported users. Half of them have a current hash, as if they had logged in since the import. */
const IMPORTED = 4000;
/** Number of probes of each class, each with another name. */
const SAMPLES = 500;
/** Number of probes of one name, before and after its hash is replaced. */
const PROBES = 50;
const WARM_UP = 40;
const UNKNOWN_NAMES = Array.from({ length: SAMPLES }, (_, i) => `ghost-${i}`);

const REHASHED = `
  UPDATE directory.users SET password_hash = (SELECT password_hash FROM directory.users WHERE username = 'user-0')
  WHERE username LIKE 'imported-%' AND substr(username, 10)::int % 2 = 0`;
/**
 * Finds an unknown name, and the imported user whose old hash is the stand-in of that name. For an unknown name, the
 * password service checks the stand-in, that is, the hash of a user, so that both names cost the same. $1 unknown
 * names.
 */
const SHADOW = `
  SELECT n.name AS unknown, u.username AS known FROM unnest($1::text[]) n (name)
  CROSS JOIN directory.password_ring_key k
  CROSS JOIN LATERAL (
    SELECT username, password_hash FROM directory.users
    WHERE password_hash <> '' AND substr(sha256(uuid_send(id)), 1, 8) >= substr(sha256(k.key || convert_to(n.name, 'UTF8')), 1, 8)
    ORDER BY substr(sha256(uuid_send(id)), 1, 8) LIMIT 1) u
  WHERE u.username LIKE 'imported-%' AND u.password_hash LIKE 'pbkdf2%' LIMIT 1`;

interface Probe {
  readonly name: string;
  readonly kind: ProbeClass;
}
interface ProbeResult extends Probe {
  /** Milliseconds until the response. */
  readonly ms: number;
  /** CPU time of the password service in milliseconds. */
  readonly cpu: number;
}

/**
 * Measures whether the response time for a wrong password reveals which names exist, after an import and around a
 * rehash.
 */
export async function enumeration({ databaseUrl }: BenchEnvironment, product: Product): Promise<string> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await product.importRows('import', importedUsers());
    await client.query(REHASHED);
    for (let i = 0; i < WARM_UP; i++) await probe(product, { name: `warm-up-${i}`, kind: 'unknown' });
    const results = await probeAll(product, [...existingProbes(), ...unknownProbes()]);
    const { before, after } = await probeAroundRehash(client, product);
    const existing = results.filter(({ kind }) => kind === 'existing');
    const [old, current] = [true, false].map((isOld) => existing.filter(({ name }) => hasOldHash(name) === isOld));
    return enumerationReport({
      rows: [
        { name: 'response, ms', samples: samplesOf(results, 'ms') },
        { name: 'CPU of `password`, ms', samples: samplesOf(results, 'cpu') },
        { name: 'one name each before the rehash, ms', samples: samplesOf(before, 'ms') },
        { name: '… and after it', samples: samplesOf(after, 'ms') },
      ],
      apart: areaUnderRoc(
        old!.map(({ ms }) => ms),
        current!.map(({ ms }) => ms),
      ),
    });
  } finally {
    await client.end();
  }
}

function importedUsers() {
  const key = pbkdf2Sync(PASSWORD, 'salt', ROUNDS, 32, 'sha256').toString('base64');
  const password = `pbkdf2_sha256$${ROUNDS}$salt$${key}`;
  return Array.from({ length: IMPORTED }, (_, i) => ({ username: `imported-${i}`, password }));
}

const hasOldHash = (name: string) => Number(name.slice('imported-'.length)) % 2 === 1;
const existingProbes = (): Probe[] =>
  shuffled(importedUsers())
    .slice(0, SAMPLES)
    .map(({ username }) => ({ name: username, kind: 'existing' }));
const unknownProbes = (): Probe[] => UNKNOWN_NAMES.map((name) => ({ name, kind: 'unknown' }));

const samplesOf = (results: readonly ProbeResult[], figure: 'ms' | 'cpu') => ({
  existing: results.filter(({ kind }) => kind === 'existing').map((result) => result[figure]),
  unknown: results.filter(({ kind }) => kind === 'unknown').map((result) => result[figure]),
});

/**
 * Probes an existing and an unknown name with the same hash cost, before and after the first login of the existing
 * user, which replaces the hash.
 */
async function probeAroundRehash(client: pg.Client, product: Product) {
  const { rows } = await client.query<{ known: string; unknown: string }>(SHADOW, [UNKNOWN_NAMES]);
  const { known, unknown } = rows[0]!;
  const probeBoth = async () => {
    const results: ProbeResult[] = [];
    for (let i = 0; i < PROBES; i++) {
      // Deletes the counted attempts, so that no name is delayed.
      await client.query('DELETE FROM flow.attempts');
      const probes = [
        { name: known, kind: 'existing' },
        { name: unknown, kind: 'unknown' },
      ] as const;
      results.push(...(await probeAll(product, probes)));
    }
    return results;
  };
  const before = await probeBoth();
  const owner = new Browser(product.url);
  await owner.solve('login', { uid_field: known });
  const { body } = await owner.solve('login', { password: PASSWORD });
  if (body['component'] !== 'xak-flow-redirect') throw new Error(`${known} could not log in`);
  return { before, after: await probeBoth() };
}

/** Sends the probes one at a time, in random order, so that other load on the machine affects all classes equally. */
async function probeAll(product: Product, probes: readonly Probe[]): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const each of shuffled(probes)) results.push(await probe(product, each));
  return results;
}

/** Sends a wrong password for a name. */
async function probe(product: Product, { name, kind }: Probe): Promise<ProbeResult> {
  const visitor = new Browser(product.url);
  await visitor.solve('login', { uid_field: name });
  const watched = product.watched().filter((process) => process.name === 'password');
  const cpuBefore = cpuOf(watched).get('password') ?? 0;
  const startedAt = performance.now();
  const { body } = await visitor.solve('login', { password: 'wrong' });
  const ms = performance.now() - startedAt;
  if (!body['response_errors']) throw new Error(`${name}: unexpected response ${JSON.stringify(body)}`);
  return { name, kind, ms, cpu: ((cpuOf(watched).get('password') ?? 0) - cpuBefore) / 1000 };
}

/** Returns the items in random order. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
