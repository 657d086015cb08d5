import { createHash } from 'node:crypto';
import { addJourneys, type NewJourney } from '@gatehouse/executor-postgres';
import { openPostgres } from '@gatehouse/local';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import pg from 'pg';
import { LoadError } from '../load-error.js';
import { parseOptions, recordOptions } from '../options.js';
import { randomOf } from '../random.js';
import { runMaker } from './made-runs.js';

/** Number of records that one statement inserts. */
const BATCH_ROWS = 5000;
const NETWORKS = 2000;
const DAY_MS = 86_400_000;

/** The client in generated records. No real browser is called `made`, so the name marks these records. */
const CLIENT = { browser: 'made', device: 'other', language: 'en' } as const;

const FIND_CURRENT = `
  SELECT f.id AS "flowId", v.id AS "versionId", v.number, v.document
  FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id WHERE f.slug = $1`;
const HAS_REAL = `SELECT EXISTS (SELECT FROM flow.journeys WHERE client->>'browser' IS DISTINCT FROM $1) AS found`;
const NOW = 'SELECT now()';

interface CurrentVersion {
  readonly flowId: string;
  readonly versionId: string;
  readonly number: number;
  readonly document: unknown;
}

/** The options of the command that say which records to generate. */
export interface RecordsToMake {
  readonly flow: string;
  readonly count: number;
  readonly days: number;
  readonly randomSeed: number;
}

/** `npm run load -- records`: inserts generated journey records into a test database. */
export async function makeRecords(args: readonly string[], env: NodeJS.ProcessEnv) {
  const { database, besideReal, ...wanted } = parseOptions(recordOptions, args, env);
  const postgres = await openPostgres({ ...env, DATABASE_URL: database });
  const client = new pg.Client({ connectionString: postgres.url });
  try {
    await client.connect().catch((error: Error) => {
      throw new LoadError(`--database: Postgres cannot be reached: ${error.message}`);
    });
    if (!besideReal && (await hasRealRecords(client)))
      throw new LoadError(
        'The database has records of real visitors. Generated ones would distort its funnels and replays. Use a test database, or --beside-real.',
      );
    const number = await addRecords(client, wanted);
    const { count, flow, days, randomSeed } = wanted;
    const output = `Made ${count} records of ${flow} version ${number} over ${days} days, with the seed ${randomSeed}.\n`;
    return { output, exitCode: 0 };
  } finally {
    await client.end();
    await postgres.stop();
  }
}

async function hasRealRecords(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(HAS_REAL, [CLIENT.browser]);
  return rows[0]!.found;
}

/** Inserts generated journey records for the current version of a flow. Returns the number of the version. */
export async function addRecords(client: pg.Client, { flow, count, days, randomSeed }: RecordsToMake): Promise<number> {
  const [current] = (await client.query<CurrentVersion>(FIND_CURRENT, [flow])).rows;
  if (!current) throw new LoadError(`--flow: There is no flow ${flow}.`);
  const { data: version } = flowVersion.safeParse(current.document);
  if (!version) throw new LoadError(`--flow: The current version of ${flow} has an unknown format.`);
  const now = (await client.query<{ now: Date }>(NOW)).rows[0]!.now.getTime();
  const spread = { count, from: now - days * DAY_MS, to: now };
  let batch: NewJourney[] = [];
  for (const row of rowsOf(version, current, { ...spread, randomSeed })) {
    batch.push(row);
    if (batch.length < BATCH_ROWS) continue;
    await addJourneys(client, batch);
    batch = [];
  }
  if (batch.length > 0) await addJourneys(client, batch);
  return current.number;
}

interface Spread {
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly randomSeed: number;
}

function* rowsOf(
  version: FlowVersion,
  { flowId, versionId, number }: CurrentVersion,
  { count, from, to, randomSeed }: Spread,
): Generator<NewJourney> {
  const random = randomOf(randomSeed + 1);
  const runs = runMaker(version, randomSeed);
  for (let i = 0; i < count; i++) {
    const run = runs.next();
    const ended = from + random() * (to - from);
    const took = run.steps.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
    yield {
      ...{ ...run, flow_id: flowId, version_id: versionId, version: number, plan_id: planId(randomSeed, i, flowId) },
      ...{ begun_at: new Date(ended - took).toISOString(), ended_at: new Date(ended).toISOString() },
      ...{ client: CLIENT, network: networkOf(Math.floor(random() * NETWORKS), ended), user_id: null },
    };
  }
}

/**
 * Returns a UUID that no plan has. The id of a plan begins with the time of its creation, and these ids begin with a
 * time that is far in the future.
 */
function planId(seed: number, index: number, flowId: string): string {
  const hex = createHash('sha256').update(`${flowId} ${seed} ${index}`).digest('hex');
  return `ffff${hex.slice(4, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Returns the hash of a network, which is different each day. */
const networkOf = (network: number, time: number) =>
  createHash('sha256')
    .update(`${Math.floor(time / DAY_MS)} ${network}`)
    .digest('hex')
    .slice(0, 16);
