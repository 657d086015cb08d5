import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface NatsSettings {
  readonly NATS_URL: string;
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD?: string | undefined;
}

/** How every process of the house speaks to NATS: it comes back for ever, and starts without waiting for a perfect world. */
export function natsOptions(settings: NatsSettings, name: string) {
  return {
    servers: settings.NATS_URL.split(','),
    name,
    ...(settings.NATS_USER ? { user: settings.NATS_USER, pass: settings.NATS_PASSWORD ?? '' } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: true,
    noAsyncTraces: true,
    inboxPrefix: `_INBOX_${name}`,
  };
}

/** A connection of a process that only asks. */
export const connectNats = (settings: NatsSettings, name: string): Promise<NatsConnection> =>
  connect(natsOptions(settings, name));
