import { type EventStreamConfig, EventStreamError, eventStreamConfig, saveEventStream } from '@gatehouse/courier';
import { CommandError, OPERATOR } from '@gatehouse/local';
import { BusDownError, NatsBus, natsConfig, RequestTimeoutError, readConfig } from '@gatehouse/platform';
import type { Command } from './command.js';

const USAGE = `usage: npm run events -- stream   creates the JetStream stream EVENTS_STREAM, or changes its limits`;

async function saveStream(config: EventStreamConfig, env: NodeJS.ProcessEnv): Promise<string> {
  const bus = await new NatsBus(readConfig(natsConfig, env)).dial(OPERATOR);
  try {
    return `stream ${config.EVENTS_STREAM} ${await saveEventStream(bus, config)}`;
  } finally {
    await bus.close();
  }
}

/** `npm run events`: creates the stream that stores events, with the NATS user of the operator. */
export const eventsCommand: Command = {
  name: 'events',
  run: async (args, { env }) => {
    if (args.length !== 1 || args[0] !== 'stream') throw new CommandError(USAGE);
    const config = readConfig(eventStreamConfig, env);
    try {
      return await saveStream(config, env);
    } catch (cause) {
      if (cause instanceof RequestTimeoutError)
        throw new CommandError('NATS did not answer: does this NATS user have the permissions of the operator?', {
          cause,
        });
      if (cause instanceof EventStreamError || cause instanceof BusDownError)
        throw new CommandError(cause.message, { cause });
      throw cause;
    }
  },
};
