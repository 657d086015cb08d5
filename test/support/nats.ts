import { describe, inject } from 'vitest';
import { type NatsServerOptions, type RunningNats, startNatsServer } from './nats-server.js';

export type { RunningNats } from './nats-server.js';

/** `describe` for suites that need a real nats-server: skipped where none can be had, unless CI is set. */
export const describeWithNats = inject('natsServer') || process.env['CI'] ? describe : describe.skip;

/** Starts a real nats-server of a test's own on the loopback interface; resolves once it accepts connections. */
export async function startNats(options: NatsServerOptions = {}): Promise<RunningNats> {
  const program = inject('natsServer');
  if (!program) throw new Error('no nats-server: set NATS_SERVER, install one, or let apt-get download it');
  return startNatsServer(program, options);
}
