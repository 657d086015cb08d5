import { setImmediate } from 'node:timers/promises';
import { connect, createInbox, errors, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from './logger.js';
import type { natsOptions } from './nats-connection.js';

/** Checks that NATS delivers messages, by sending a message from this process to its own inbox. */
export class NatsRoundTrip {
  #refused = false;
  #warned = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly options: ReturnType<typeof natsOptions>,
    private readonly logger: Pick<Logger, 'event'>,
  ) {
    void this.#watch();
  }

  /**
   * Returns whether a message from this process to itself arrives within `timeoutMs` milliseconds. Half of this time is
   * for the connection of this process. If that fails, the other half is for new connections to all servers. One slow
   * or hung server thus does not make the check fail, because the process will leave that server soon.
   */
  async completes(timeoutMs: number): Promise<boolean> {
    const half = timeoutMs / 2;
    return (await within(half, this.#returnsOver(this.connection))) || this.#completesElsewhere(half);
  }

  #completesElsewhere(timeoutMs: number): Promise<boolean> {
    const attempts = this.options.servers.map(async (servers) => {
      const once = { waitOnFirstConnect: false, reconnect: false, timeout: timeoutMs, ignoreClusterUpdates: true };
      const connection = await connect({ ...this.options, ...once, servers });
      const returned = await within(timeoutMs, this.#returnsOver(connection));
      await connection.close();
      if (!returned) throw new Error('NATS did not return the message');
      return returned;
    });
    return within(timeoutMs, Promise.any(attempts));
  }

  /**
   * Returns true if a message arrives over this connection, or if the server refuses to publish it. Rejects while
   * the connection is lost. The server delivers or refuses the message before it answers the ping.
   */
  async #returnsOver(connection: NatsConnection): Promise<boolean> {
    const inbox = createInbox(this.options.inboxPrefix);
    let returned = false;
    const callback = (error: Error | null) => {
      returned ||= error === null;
    };
    const subscription = connection.subscribe(inbox, { callback });
    try {
      connection.publish(inbox);
      await connection.rtt();
      // If the server refused the message, `#watch` gets the status event only after the answer to the ping.
      await setImmediate();
    } finally {
      subscription.unsubscribe();
    }
    if (returned) this.#refused = false;
    return returned || this.#refused;
  }

  /**
   * Notices that this NATS user may not publish to its own inbox, as with an older `nats.conf`. Requests still work
   * then, so `#returnsOver` is content with the server's answer to the ping.
   */
  async #watch() {
    for await (const status of this.connection.status()) if (status.type === 'error') this.#onError(status.error);
  }

  #onError(error: Error) {
    if (!(error instanceof errors.PermissionViolationError) || error.operation !== 'publish') return;
    const { inboxPrefix } = this.options;
    if (!error.subject.startsWith(`${inboxPrefix}.`)) return;
    this.#refused = true;
    if (!this.#warned) this.logger.event('bus_publish_refused', { nats_subject: `${inboxPrefix}.>` });
    this.#warned = true;
  }
}

/** Returns the result of an attempt, or false when it fails or takes longer than `ms` milliseconds. */
async function within(ms: number, attempt: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([attempt, timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
