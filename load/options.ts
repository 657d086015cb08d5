import { parseArgs } from 'node:util';
import { z } from 'zod';
import { durationWithin } from './duration.js';
import { LoadError } from './load-error.js';

const number = (min: number, max: number) => z.coerce.number().min(min).max(max);
const count = (min: number, max: number) => number(min, max).int();
const time = (min: string, max: string) => durationWithin(min, max).meta({ 'x-limits': `${min} to ${max}` });

const accounts = {
  seed: z
    .string('is missing: set --seed or LOAD_SEED to the seed with which the accounts were created')
    .min(8, 'must have at least 8 characters')
    .describe('Secret text from which the password and all codes of the accounts are derived. Or `LOAD_SEED`'),
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .default('load-')
    .describe('Beginning of the names of all accounts; a number follows'),
  staticCodes: count(0, 100_000).default(0).describe('Number of recovery codes of each account'),
};

/** The options of a load test. Their names on the command line are in kebab-case. */
export const runOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'is not an address' }).describe('Address of the deployment'),
  scenario: z.string().default('login').describe('Name of a shipped scenario, or path of a file'),
  rate: number(0.01, 100_000).optional().describe('Open model: visitors who arrive in a second'),
  pattern: z
    .enum(['poisson', 'constant'])
    .default('poisson')
    .describe('Open model: random or equal intervals between visitors'),
  visitors: count(1, 10_000).optional().describe('Closed model: visitors who repeat the scenario without pause'),
  duration: time('1s', '24h').prefault('60s').describe('Time in which visits begin, with the ramp'),
  ramp: time('0s', '1h').prefault('0s').describe('Time in which the load rises. The figures exclude its visits'),
  drain: time('0s', '10m').prefault('60s').describe('Time after which visits that still run count as failed'),
  users: count(1, 10_000_000).default(1000).describe('Number of accounts, which log in in turn'),
  ...accounts,
  firstCode: count(0, 100_000).default(0).describe('Number of the first recovery code that is not used up'),
  timeout: time('100ms', '5m').prefault('30s').describe('Time limit of a request'),
  retryFor: time('0s', '10m')
    .prefault('30s')
    .describe('How long a visitor sends a refused request again (429, 502, 503, 504, no response); 0s: never'),
  maxInFlight: count(1, 100_000)
    .default(5000)
    .describe('Open model: largest number of visits at the same time; further ones fail at once'),
  workers: count(1, 64).default(1).describe('Threads of the load generator'),
  randomSeed: count(0, 2 ** 31)
    .default(1)
    .describe('The same number repeats the same arrivals and think times'),
  insecure: z.boolean().default(false).describe('Accept any certificate, such as a self-signed one'),
  forwardedFor: z
    .boolean()
    .default(false)
    .describe(
      'Send another client address for each account as X-Forwarded-For, in another network each, where `TRUSTED_PROXIES` allows it',
    ),
  findLimit: z
    .boolean()
    .default(false)
    .describe('Search for the highest `--rate` that meets `--max-errors` and `--max-p95`'),
  maxErrors: number(0, 1).default(0.01).describe('`--find-limit`: share of visits that may fail'),
  maxP95: time('1ms', '10m').prefault('1s').describe('`--find-limit`: 95th percentile of the latency of a visit'),
  maxRate: number(0.01, 100_000).default(10_000).describe('`--find-limit`: no higher rate is tried'),
  precision: number(0.01, 0.5).default(0.05).describe('`--find-limit`: relative precision at which the search ends'),
  maxSteps: count(1, 50).default(15).describe('`--find-limit`: number of loads, each of `--duration`'),
  settle: time('0s', '10m').prefault('5s').describe('`--find-limit`: pause between two loads'),
  kill: z
    .array(z.string())
    .max(100)
    .default([])
    .describe("Command to run during the load, with its time: `20s='docker kill nats-1'`. May be repeated"),
  kills: z.string().optional().describe('YAML file with a list of `at` and `run`, up to 100, as `--kill`'),
  postgres: z.string().optional().describe('URL of Postgres, to measure its CPU time and I/O. Or `LOAD_POSTGRES`'),
  note: z
    .array(z.string())
    .max(50)
    .default([])
    .describe('Fact for the report that cannot be measured: `hardware=8 vCPU`. May be repeated'),
  out: z.string().optional().describe('Writes the report to this path with `.json` and `.md`'),
});

/** The options of `npm run load -- users`. */
export const userOptions = z.strictObject({
  count: count(1, 10_000_000).default(1000).describe('Number of accounts'),
  first: count(0, 10_000_000).default(0).describe('Number of the first account'),
  ...accounts,
  withTotp: z.boolean().default(false).describe('Give each account an authenticator app'),
  out: z.string().describe('File to write, which must not exist'),
});

/** The options of `npm run load -- records`. */
export const recordOptions = z.strictObject({
  database: z
    .string()
    .optional()
    .describe('URL of Postgres. Or `DATABASE_URL`. Without both, the database of a local `npm start`'),
  flow: z.string().describe('Slug of the flow whose current version the generated records belong to'),
  count: count(1, 10_000_000).default(10_000).describe('Number of records'),
  days: count(1, 30).default(7).describe('Days up to now over which the records are spread'),
  randomSeed: count(0, 2 ** 31)
    .default(1)
    .describe('The same number generates the same records'),
  besideReal: z.boolean().default(false).describe('Insert records even if the database has records of real visitors'),
});

/** Options of a load test. */
export type RunOptions = z.output<typeof runOptions>;

/** Returns the name of an option on the command line. */
export const optionName = (key: string): string =>
  `--${key.replaceAll(/[A-Z0-9]+/g, (part) => `-${part.toLowerCase()}`)}`;

/**
 * Parses the arguments of a command line. Throws a `LoadError` that names each wrong option. Secrets come from `env`,
 * because every user of the machine can see command lines.
 */
export function parseOptions<S extends z.ZodObject>(
  schema: S,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): z.output<S> {
  const options = Object.entries(schema.shape).map(
    ([key, field]) => [optionName(key).slice(2), typeOf(field)] as const,
  );
  const given = valuesOf(args, Object.fromEntries(options));
  const keys = Object.keys(schema.shape);
  const values = keys.map((key) => [key, given[optionName(key).slice(2)] ?? fromEnvironment(key, env)]);
  const { success, data, error } = schema.safeParse(
    Object.fromEntries(values.filter(([, value]) => value !== undefined)),
  );
  if (success) return data;
  throw new LoadError(error.issues.map(({ path, message }) => `${optionName(String(path[0]))}: ${message}`).join('\n'));
}

function typeOf(field: unknown): { type: 'boolean' | 'string'; multiple: boolean } {
  const { type } = z.toJSONSchema(field as z.ZodType, { io: 'input', unrepresentable: 'any' });
  return { type: type === 'boolean' ? 'boolean' : 'string', multiple: type === 'array' };
}

function valuesOf(args: readonly string[], options: Record<string, { type: 'boolean' | 'string'; multiple: boolean }>) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new LoadError((error as Error).message);
  }
}

function fromEnvironment(key: string, env: NodeJS.ProcessEnv): string | undefined {
  if (key === 'seed') return env['LOAD_SEED'];
  if (key === 'database') return env['DATABASE_URL'];
  return key === 'postgres' ? env['LOAD_POSTGRES'] : undefined;
}
