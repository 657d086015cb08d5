import { headers, InvalidArgumentError, type NatsConnection, RequestError } from '@nats-io/transport-node';
import {
  BusDownError,
  type EventMessage,
  Publisher,
  type PublisherSettings,
  RequestTimeoutError,
  type UnpublishedMessage,
} from './bus.js';
import { delay } from './json-responder.js';
import { drainAndClose, refusalOf } from './nats-connection.js';
import { activeTraceparent } from './tracing/active-span.js';
import { TRACEPARENT_HEADER } from './tracing/message-spans.js';

/**
 * Header with the id of a message. JetStream drops a message if it has stored one with this id within its duplicate
 * window.
 */
const MESSAGE_ID = 'Nats-Msg-Id';
const EXPECTED_STREAM = 'Nats-Expected-Stream';
/** Header with the media type. In the NATS binding of CloudEvents, it marks the structured mode. */
const CONTENT_TYPE = 'content-type';
/** JetStream's error code for a message that is larger than the stream allows. */
const MESSAGE_TOO_LARGE = 10_054;

/** Thrown for a message that is too large for the server or the stream, so that sending it again is useless. */
class MessageTooLargeError extends Error {}

/** Publishes events on NATS, into a JetStream stream if one is configured. */
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

  async publish(messages: readonly EventMessage[]): Promise<readonly UnpublishedMessage[]> {
    const { stream, timeoutMs } = this.settings;
    if (stream !== undefined) {
      const endsAt = performance.now() + timeoutMs;
      const groups = groupsInOrder(messages);
      return (await Promise.all(groups.map((group) => this.#storeInOrder(group, { stream, endsAt })))).flat();
    }
    // An error that was reported before is about an earlier batch, or about the connection.
    this.#refusal = undefined;
    // A server reads the messages of a connection in order. So if it has accepted a message, it has accepted all
    // earlier ones.
    const unpublished = messages.flatMap((message) => this.#send(message));
    await withTimeout(this.connection.flush(), timeoutMs);
    // If the user may not publish to a subject, the server reports that in a status event before it answers the flush.
    if (this.#refusal) throw this.#refusal;
    return unpublished;
  }

  close(): Promise<void> {
    return drainAndClose(this.connection, delay(this.settings.timeoutMs));
  }

  /** Sends a message without a confirmation. Returns it if it is too large for the server. */
  #send({ subject, body, id, contentType }: EventMessage): UnpublishedMessage[] {
    try {
      const headers = headersOf({ [MESSAGE_ID]: id, [CONTENT_TYPE]: contentType });
      this.connection.publish(subject, JSON.stringify(body), { headers });
      return [];
    } catch (error) {
      if (error instanceof InvalidArgumentError) return [{ id, error, isFinal: true }];
      throw error;
    }
  }

  /**
   * Stores messages one after the other. Returns those that were not stored. Stops after `endsAt`, and after a message
   * that may be stored at a later try, so that no later message overtakes it.
   */
  async #storeInOrder(
    messages: readonly EventMessage[],
    { stream, endsAt }: { readonly stream: string; readonly endsAt: number },
  ): Promise<UnpublishedMessage[]> {
    const unpublished: UnpublishedMessage[] = [];
    let obstacle: Error | undefined;
    for (const message of messages) {
      const { id } = message;
      if (performance.now() > endsAt)
        obstacle ??= new RequestTimeoutError('the time limit ended while earlier messages were stored');
      try {
        if (obstacle === undefined) await this.#store(message, stream);
        else unpublished.push({ id, error: obstacle, isFinal: false });
      } catch (caught) {
        const error = caught as Error;
        const isFinal = error instanceof MessageTooLargeError || error instanceof InvalidArgumentError;
        unpublished.push({ id, error, isFinal });
        if (!isFinal) obstacle = error;
      }
    }
    return unpublished;
  }

  async #store({ subject, body, id, contentType }: EventMessage, stream: string): Promise<void> {
    const options = {
      timeout: this.settings.timeoutMs,
      headers: headersOf({ [MESSAGE_ID]: id, [EXPECTED_STREAM]: stream, [CONTENT_TYPE]: contentType }),
    };
    const reply = await this.connection.request(subject, JSON.stringify(body), options).catch((cause: Error) => {
      if (!(cause instanceof RequestError && cause.isNoResponders())) throw cause;
      const help = `create it with \`npm run events -- stream\`, or start its NATS servers`;
      throw new Error(`no stream stores ${subject}. EVENTS_STREAM is ${stream}: ${help}`, { cause });
    });
    const { error } = reply.json<{ error?: { description?: string; err_code?: number } }>();
    if (!error) return;
    const message = `the stream ${stream} refuses ${subject}: ${error.description ?? 'no reason given'}`;
    throw error.err_code === MESSAGE_TOO_LARGE ? new MessageTooLargeError(message) : new Error(message);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) if (status.type === 'error') this.#refusal = status.error;
  }
}

/** Groups messages by their order key, in their order. A message without a key is a separate group. */
function groupsInOrder(messages: readonly EventMessage[]): EventMessage[][] {
  const groups = new Map<string, EventMessage[]>();
  for (const message of messages) {
    const key = message.orderKey ?? message.id;
    const group = groups.get(key);
    if (group) group.push(message);
    else groups.set(key, [message]);
  }
  return [...groups.values()];
}

function headersOf(values: Readonly<Record<string, string>>) {
  const all = headers();
  const traceparent = activeTraceparent();
  if (traceparent !== undefined) all.set(TRACEPARENT_HEADER, traceparent);
  for (const [name, value] of Object.entries(values)) all.set(name, value);
  return all;
}

/**
 * Settles like `flushed`, but rejects with BusDownError after `ms` milliseconds: a flush never settles if its
 * connection is lost.
 */
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
