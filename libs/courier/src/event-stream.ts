import { setTimeout as pause } from 'node:timers/promises';
import { NoRespondersError, type Requester } from '@gatehouse/platform';
import { z } from 'zod';

/** Nanoseconds in a second: JetStream gives times in nanoseconds. */
const NANOSECONDS = 1_000_000_000;
/** Milliseconds in which NATS must answer a request of `npm run events`. */
const TIMEOUT_MS = 5000;
/** JetStream's status for a stream that does not exist. */
const NOT_FOUND = 404;
/** Milliseconds between two tries while the servers of NATS start. */
const RETRY_MS = 250;

/** Settings of `npm run events`, the command that creates the stream of events. */
export const eventStreamConfig = z.object({
  EVENTS_STREAM: z
    .string()
    .regex(/^[\w-]+$/, 'a stream has a name of letters, digits, - and _')
    .meta({
      description: 'Name of the JetStream stream; the courier needs the same setting',
    }),
  EVENTS_MAX_AGE_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(3_153_600_000)
    .default(30 * 86_400)
    .describe('Seconds after which the stream deletes an event'),
  EVENTS_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(2 ** 50)
    .default(512 * 1024 * 1024)
    .describe('Largest size of the stream in bytes; beyond it, the oldest events are deleted'),
  EVENTS_REPLICAS: z.coerce
    .number()
    .refine((count) => [1, 3, 5].includes(count), 'must be 1, 3 or 5')
    .default(1)
    .describe('Number of NATS servers that store each event: 1, 3 or 5; more than 1 needs a cluster'),
  EVENTS_DUPLICATE_WINDOW_S: z.coerce
    .number()
    .int()
    .min(300)
    .max(86_400)
    .default(600)
    .describe(
      'Seconds within which the stream stores an event that is published again only once, at most EVENTS_MAX_AGE_S; NATS keeps the ids of this time in memory',
    ),
  EVENTS_STREAM_WAIT_S: z.coerce
    .number()
    .int()
    .min(0)
    .max(600)
    .default(15)
    .describe('Seconds for which `npm run events -- stream` tries again while servers of a NATS cluster start'),
});
export type EventStreamConfig = z.output<typeof eventStreamConfig>;

/** Thrown if NATS refuses to create or change the stream. The message says why. */
export class EventStreamError extends Error {}

const reply = z.object({
  config: z.record(z.string(), z.unknown()).optional(),
  error: z
    .object({
      code: z.number(),
      /** JetStream's error code, which is more exact than `code`. */
      err_code: z.number().optional(),
      description: z.string().default('no reason given'),
    })
    .optional(),
});
type Reply = z.output<typeof reply>;

/**
 * Creates the stream that stores all events, or sets the limits of `config` in an existing stream without changing its
 * other properties. Returns `created` or `updated`. While servers of the cluster start, tries again for
 * `EVENTS_STREAM_WAIT_S`. Throws EventStreamError if NATS refuses, and the errors of the bus.
 */
export async function saveEventStream(bus: Requester, config: EventStreamConfig): Promise<'created' | 'updated'> {
  const until = performance.now() + config.EVENTS_STREAM_WAIT_S * 1000;
  for (;;) {
    const { reply, done } = await trySaving(bus, config);
    if (!reply.error) return done;
    if (!isStarting(reply.error) || performance.now() >= until)
      throw new EventStreamError(`NATS refuses the stream ${config.EVENTS_STREAM}: ${reply.error.description}`);
    await pause(RETRY_MS);
  }
}

/** Looks up the stream, then creates or updates it. Returns the first reply with an error, or else the last reply. */
async function trySaving(bus: Requester, config: EventStreamConfig) {
  const name = config.EVENTS_STREAM;
  const found = await call(bus, `INFO.${name}`);
  const done = found.config ? ('updated' as const) : ('created' as const);
  if (found.error && found.error.code !== NOT_FOUND) return { reply: found, done };
  const stream = {
    ...{ storage: 'file', retention: 'limits', discard: 'old' },
    ...found.config,
    ...{ name, subjects: ['events.*'], num_replicas: config.EVENTS_REPLICAS },
    ...{ max_age: config.EVENTS_MAX_AGE_S * NANOSECONDS, max_bytes: config.EVENTS_MAX_BYTES },
    // JetStream refuses a duplicate window that is longer than the maximum age of messages.
    duplicate_window: Math.min(config.EVENTS_DUPLICATE_WINDOW_S, config.EVENTS_MAX_AGE_S) * NANOSECONDS,
  };
  return { reply: await call(bus, `${found.config ? 'UPDATE' : 'CREATE'}.${name}`, stream), done };
}

/**
 * Returns whether JetStream refuses only because its servers are still starting: the cluster has no leader (10008), or
 * a server for a replica is still offline (10005). A cluster that is too small has the second code too.
 */
const isStarting = ({ err_code, description }: NonNullable<Reply['error']>) =>
  err_code === 10008 || (err_code === 10005 && description.includes('offline'));

async function call(bus: Requester, operation: string, body?: object): Promise<Reply> {
  try {
    const bytes = await bus.request(`$JS.API.STREAM.${operation}`, body ? JSON.stringify(body) : '', TIMEOUT_MS);
    return reply.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    if (!(cause instanceof NoRespondersError)) throw cause;
    throw new EventStreamError(
      'this NATS server has no JetStream: start it with `-js`, or with deploy/nats/nats.conf',
      { cause },
    );
  }
}
