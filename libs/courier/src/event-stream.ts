import { NoRespondersError, type Requester } from '@gatehouse/platform';
import { z } from 'zod';

/** Nanoseconds in a second: JetStream gives times in nanoseconds. */
const NANOSECONDS = 1_000_000_000;
/** Milliseconds in which NATS must answer a request of `npm run events`. */
const TIMEOUT_MS = 5000;
/** JetStream's error code for a stream that does not exist. */
const NOT_FOUND = 404;

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
});
export type EventStreamConfig = z.output<typeof eventStreamConfig>;

/** Thrown if NATS refuses to create or change the stream. The message says why. */
export class EventStreamError extends Error {}

const reply = z.object({
  config: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.number(), description: z.string().default('no reason given') }).optional(),
});
type Reply = z.output<typeof reply>;

/**
 * Creates the stream that stores all events, or sets the limits of `config` in an existing stream and leaves its other
 * properties. Returns `created` or `updated`. Throws EventStreamError if NATS refuses, and the errors of the bus.
 */
export async function saveEventStream(bus: Requester, config: EventStreamConfig): Promise<'created' | 'updated'> {
  const name = config.EVENTS_STREAM;
  const found = await call(bus, `INFO.${name}`);
  if (found.error && found.error.code !== NOT_FOUND) throw refusal(name, found);
  const stream = {
    ...{ storage: 'file', retention: 'limits', discard: 'old' },
    ...found.config,
    ...{ name, subjects: ['events.*'], num_replicas: config.EVENTS_REPLICAS },
    ...{ max_age: config.EVENTS_MAX_AGE_S * NANOSECONDS, max_bytes: config.EVENTS_MAX_BYTES },
    // JetStream refuses a duplicate window that is longer than the maximum age of messages.
    duplicate_window: Math.min(config.EVENTS_DUPLICATE_WINDOW_S, config.EVENTS_MAX_AGE_S) * NANOSECONDS,
  };
  const saved = await call(bus, `${found.config ? 'UPDATE' : 'CREATE'}.${name}`, stream);
  if (saved.error) throw refusal(name, saved);
  return found.config ? 'updated' : 'created';
}

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

const refusal = (name: string, { error }: Reply) =>
  new EventStreamError(`NATS refuses the stream ${name}: ${error?.description}`);
