import { headers, type NatsConnection } from '@nats-io/transport-node';
import { BusDownError, type EventMessage, Publisher, type PublisherSettings } from './bus.js';
import { delay } from './json-responder.js';
import { drainAndClose, refusalOf } from './nats-connection.js';
import { activeTraceparent } from './tracing/active-span.js';
import { TRACEPARENT_HEADER } from './tracing/message-spans.js';

/** Header with the id of a message. JetStream drops a message if it has stored the id within its duplicate window. */
const MESSAGE_ID = 'Nats-Msg-Id';
const EXPECTED_STREAM = 'Nats-Expected-Stream';
/** Header that marks the structured mode in the NATS binding of CloudEvents. */
const CONTENT_TYPE = 'content-type';

/** Publishes events on NATS, to a JetStream stream if one is configured. */
export class NatsPublisher extends Publisher {
  #refusal: Error | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly settings: PublisherSettings,
  ) {
    super();
    void this.#watch();
  }

  get refused(): Promise<Error> {
    return refusalOf(this.connection);
  }

  async publish(messages: readonly EventMessage[]): Promise<void> {
    const { stream, timeoutMs } = this.settings;
    if (stream !== undefined) {
      await Promise.all(messages.map((message) => this.#store(message, stream)));
      return;
    }
    for (const { subject, body, id, contentType } of messages) {
      const headers = headersOf({ [MESSAGE_ID]: id, [CONTENT_TYPE]: contentType });
      this.connection.publish(subject, JSON.stringify(body), { headers });
    }
    await withTimeout(this.connection.flush(), timeoutMs);
    // If the user may not publish to a subject, the server reports this in a separate status event before it answers
    // the flush.
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (refusal) throw refusal;
  }

  close(): Promise<void> {
    return drainAndClose(this.connection, delay(this.settings.timeoutMs));
  }

  async #store({ subject, body, id, contentType }: EventMessage, stream: string): Promise<void> {
    const options = {
      timeout: this.settings.timeoutMs,
      headers: headersOf({ [MESSAGE_ID]: id, [EXPECTED_STREAM]: stream, [CONTENT_TYPE]: contentType }),
    };
    const reply = await this.connection.request(subject, JSON.stringify(body), options);
    const { error } = reply.json<{ error?: { description?: string } }>();
    if (error) throw new Error(`the stream ${stream} refuses ${subject}: ${error.description ?? 'no reason given'}`);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) if (status.type === 'error') this.#refusal = status.error;
  }
}

function headersOf(values: Readonly<Record<string, string>>) {
  const all = headers();
  const traceparent = activeTraceparent();
  if (traceparent !== undefined) all.set(TRACEPARENT_HEADER, traceparent);
  for (const [name, value] of Object.entries(values)) all.set(name, value);
  return all;
}

/** Rejects with BusDownError after `ms` milliseconds, because a flush never settles when its connection is lost. */
async function withTimeout(flushed: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BusDownError(`the bus has accepted nothing for ${ms} ms`)), ms);
  });
  flushed.catch(() => undefined);
  try {
    await Promise.race([flushed, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
