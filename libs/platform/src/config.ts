import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { LOG_LEVELS } from './logging/log-fields.js';
import { LINE_BYTES, MIN_LINE_BYTES, SECURITY_RATE } from './logging/log-limits.js';
import { tracingConfig } from './tracing/tracing.config.js';

/** Thrown for a mistake in the configuration. The process prints the message without a stack trace, and exits. */
export class ConfigError extends Error {}

/**
 * Returns the settings of a service from environment variables. An empty variable counts as unset. Throws a ConfigError
 * that names each invalid variable.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  const values = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ code, path, message }) => {
    const name = path.join('.');
    return `  ${name}: ${code === 'invalid_type' && !(name in values) ? 'is not set' : message}`;
  });
  throw new ConfigError(`the environment has invalid settings:\n${lines.join('\n')}`);
}

/**
 * Largest setting of seconds that a statement adds to the present time or subtracts from it: 3168 years. Postgres has
 * no time before 4713 BC, so a statement with a much larger number would always fail.
 */
export const MAX_TIME_SHIFT_S = 100_000_000_000;

/** Returns the schema of a setting in JSON. `message` is the error for a text that is not JSON. */
export const jsonSetting = (message: string) =>
  z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });

/** Schema of the name of an endpoint in a setting, which metrics and addresses contain. */
export const endpointName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must have up to 32 lower case letters, digits and hyphens');

/** Schema of a bearer token (RFC 6750 §2.1) in a setting. */
export const bearerToken = z
  .string()
  .regex(/^[\w.~+/-]{16,4096}=*$/, 'must be a bearer token of at least 16 characters');

/** Settings that every process has. */
export const commonConfig = z.object({
  LOG_LEVEL: z
    .enum([...LOG_LEVELS, 'silent'])
    .default('info')
    .describe(
      'Lowest level that is logged. The levels are in ascending order, so `security` is above `warn`. The default of `npm start` is `warn`',
    ),
  LOG_LINE_BYTES: z.coerce
    .number()
    .int()
    .min(MIN_LINE_BYTES)
    .max(1024 * 1024)
    .default(LINE_BYTES)
    .describe(
      'Largest size of a log line in bytes. The texts of a longer line are cut. Docker splits lines above 16 KiB',
    ),
  LOG_SECURITY_RATE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(SECURITY_RATE)
    .describe(
      'Largest number of log lines per second for each event with the level `security`. Further lines are not written, and one line has their number',
    ),
  INSTANCE_NAME: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Name of this process in its log lines', 'x-default': 'the host name' }),
  MONITORING_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      'Port of the probes and the metrics: `/-/health/live/`, `/-/health/ready/` and `/metrics`. Unset: no such server. 0: a free port',
    ),
  MONITORING_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address of `MONITORING_PORT`. Another address than loopback must be protected by a firewall'),
  READINESS_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(2000)
    .describe('Milliseconds until a dependency that does not answer the readiness probe counts as missing'),
  START_WAIT_S: z.coerce
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe(
      'Seconds since its start in which a process waits for NATS, Postgres, its role and the migrations, before it ends. 0: each is tried once',
    ),
  ...tracingConfig.shape,
});

const milliseconds = (fallback: number, max: number) => z.coerce.number().int().min(100).max(max).default(fallback);

/**
 * Returns whether the NATS client can parse an address of NATS_URL. The scheme and the port are optional. Refuses an
 * address with `@` and without a scheme after one without `@`: both may be parts of one address whose password contains
 * a comma.
 */
function isServerAddress(address: string, index: number, servers: readonly string[]): boolean {
  const host = address.trim().replace(/^\w+:\/\//, '');
  if (host === address.trim() && host.includes('@') && servers[index - 1]?.includes('@') === false) return false;
  return isIPv6(host) || URL.canParse(`http://${host}`);
}

/** Settings of every process that connects to NATS. */
export const natsConfig = z.object({
  NATS_URL: z
    .string()
    .refine((servers) => servers.split(',').every(isServerAddress), {
      error:
        'each text between two commas must be the address of a server, such as nats://nats-0:4222. A user and a password are set by NATS_USER and NATS_PASSWORD',
    })
    .default('nats://127.0.0.1:4222')
    .describe('NATS servers, comma separated. A user and a password in an address are ignored'),
  NATS_NKEY_SEED: z
    .string()
    .optional()
    .describe('Seed of the nkey with which this service proves to NATS who it is; begins with `SU`'),
  NATS_USER: z.string().optional().describe('NATS user of this service, for a server with passwords instead of nkeys'),
  NATS_PASSWORD: z.string().optional().describe('Password of `NATS_USER`'),
  NATS_PING_INTERVAL_MS: milliseconds(1000, 60_000).describe(
    'Milliseconds between two pings of the NATS server. A server that has not answered two pings in a row counts as hung, and the process connects to another one',
  ),
  NATS_CONNECT_TIMEOUT_MS: milliseconds(2000, 60_000).describe(
    'Milliseconds within which a NATS server must accept a connection, before the process tries the next one',
  ),
  NATS_LOST_REPLY_MS: milliseconds(1000, 60_000).describe(
    'Milliseconds that a request still waits for its reply after a NATS server has left the cluster. The reply may be lost with that server',
  ),
});

/** Returns whether the user, the password and the database name in a URL can be percent-decoded. */
function isDecodable(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, pathname } = new URL(url);
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}

/** Settings of every process that connects to Postgres. */
export const postgresConfig = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .refine(isDecodable, 'a % in a name or password must be written as %25')
    .describe(
      'Postgres, as `postgres://user:password@host:port/database`, also with a query such as `?sslmode=verify-full&sslrootcert=/ca.crt`; or its parts below',
    ),
  DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(3)
    .describe(
      'Largest number of connections of a pool. `identification` has two pools, every other process one. The default of the gateway is 10',
    ),
});
