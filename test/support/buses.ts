import type { NatsConnection } from '@nats-io/transport-node';
import { describe } from 'vitest';
import type { Bus, BusServer } from '../../libs/platform/src/bus.js';
import { InProcessBus } from '../../libs/platform/src/in-process-bus.js';
import { NatsBus } from '../../libs/platform/src/nats-bus.js';
import type { NatsJsonServer } from '../../libs/platform/src/nats-json-server.js';
import { describeWithNats, startNats } from './nats.js';

/** A message bus that a test can use until the test stops it. */
export interface RunningBus {
  readonly bus: Bus;
  readonly stop: () => Promise<void>;
  /** Resolves when the bus has processed everything that the server has sent, such as the end of a subscription. */
  readonly flush: (server: BusServer) => Promise<void>;
}
type StartBus = () => Promise<RunningBus>;

/** Size in bytes of the largest message that both buses carry. */
export const MAX_MESSAGE_BYTES = 2 ** 20;

const startNatsBus: StartBus = async () => {
  const { url, stop } = await startNats({ config: `max_payload: ${MAX_MESSAGE_BYTES}` });
  const flush = (server: BusServer) => (server as NatsJsonServer).unwrap<NatsConnection>().flush();
  return { bus: new NatsBus({ NATS_URL: url }), stop, flush };
};

const startInProcessBus: StartBus = async () => ({
  bus: new InProcessBus(MAX_MESSAGE_BYTES),
  stop: async () => undefined,
  flush: async () => undefined,
});

/** Runs a suite twice: over a real nats-server, and over the in-process bus. */
export function describeBuses(name: string, suite: (start: StartBus) => void): void {
  describeWithNats(`${name} over NATS`, () => {
    suite(startNatsBus);
  });
  describe(`${name} within one process`, () => {
    suite(startInProcessBus);
  });
}

type Handler = (data: unknown) => Promise<unknown>;

/** Starts a server with one handler for each subject, all in the queue group `sample`. */
export async function serveOn(
  bus: Bus,
  handlers: Readonly<Record<string, Handler>>,
  drainMs = 30_000,
): Promise<BusServer> {
  const server = bus.createServer('server', drainMs) as BusServer & {
    addHandler(subject: string, handler: Handler, isEvent: boolean, extras: object): void;
  };
  for (const [subject, handler] of Object.entries(handlers))
    server.addHandler(subject, handler, false, { queue: 'sample' });
  await new Promise<void>((resolve, reject) => {
    void server.listen((error) => (error ? reject(error as Error) : resolve()));
  });
  return server;
}
