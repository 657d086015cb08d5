import { EventStreamError, eventStreamConfig, saveEventStream } from '@gatehouse/courier';
import { CommandError, OPERATOR } from '@gatehouse/local';
import { BusDownError, dialNats, natsConfig, RequestTimeoutError, readConfig } from '@gatehouse/platform';

/** Creates the stream that stores events, or changes its limits, with the NATS user of the operator. */
export async function saveStream(env: NodeJS.ProcessEnv): Promise<string> {
  const config = readConfig(eventStreamConfig, env);
  try {
    const bus = await dialNats(readConfig(natsConfig, env), OPERATOR);
    try {
      return `stream ${config.EVENTS_STREAM} ${await saveEventStream(bus, config)}`;
    } finally {
      await bus.close();
    }
  } catch (cause) {
    if (cause instanceof RequestTimeoutError)
      throw new CommandError('NATS did not answer: does this NATS user have the permissions of the operator?', {
        cause,
      });
    if (cause instanceof EventStreamError || cause instanceof BusDownError)
      throw new CommandError(cause.message, { cause });
    throw cause;
  }
}

/** Like `saveStream`, but does nothing while EVENTS_STREAM is not set, because deployments always run this command. */
export async function saveStreamIfSet(env: NodeJS.ProcessEnv): Promise<string> {
  return env['EVENTS_STREAM'] ? saveStream(env) : 'EVENTS_STREAM is not set: no stream stores events';
}
