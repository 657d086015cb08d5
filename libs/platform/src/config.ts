import { z } from 'zod';

/** Ends the process with a sentence an operator can act on, never with a stack trace. */
export class ConfigError extends Error {}

/** Reads a service's settings from the environment. An empty variable counts as unset. Throws ConfigError naming each bad variable. */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`the environment is not usable:\n${lines.join('\n')}`);
}

/** Settings that every process has. */
export const commonConfig = z.object({
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged'),
  METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port of `GET /metrics` in Prometheus form; without it there is none'),
});

/** Settings of every process that speaks to the bus. */
export const natsConfig = z.object({
  NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('NATS servers, comma separated'),
  NATS_USER: z.string().optional().describe('NATS user of this service'),
  NATS_PASSWORD: z.string().optional().describe('NATS password of this service'),
});

/** Settings of every process that speaks to Postgres. */
export const postgresConfig = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Postgres, as postgres://user:password@host:port/database'),
  DATABASE_POOL: z.coerce.number().int().min(1).max(200).default(10).describe('Connections of this process'),
});
