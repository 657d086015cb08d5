import { describe, inject } from 'vitest';
import { type NatsServerOptions, type RunningNats, startNatsServer } from './nats-server.js';

export type { RunningNats } from './nats-server.js';

/** `describe` for suites that need a nats-server. Without one, these suites are skipped, or fail if CI is set. */
export const describeWithNats = inject('natsServer') || process.env['CI'] ? describe : describe.skip;

/** Starts a nats-server on the loopback interface. Resolves when it accepts connections. */
export async function startNats(options: NatsServerOptions = {}): Promise<RunningNats> {
  const program = inject('natsServer');
  if (!program) throw new Error('There is no nats-server: set NATS_SERVER, install one, or let apt-get download it.');
  return startNatsServer(program, options);
}
