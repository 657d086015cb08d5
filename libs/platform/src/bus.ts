import type { Logger } from './logger.js';

/** Thrown at once when no handler serves the subject of a request. */
export class NoRespondersError extends Error {}
/** Thrown when no reply arrives before the time limit, or when the connection is lost before the reply. */
export class RequestTimeoutError extends Error {}
/**
 * Thrown when the reply was probably lost, because one server of the bus has failed. Another request may succeed at
 * once.
 */
export class ReplyLostError extends RequestTimeoutError {}
/** Thrown at once when the bus cannot be reached, the message is too large, or the client is closed. */
export class BusDownError extends Error {}

/** Client of the bus that sends requests. */
export abstract class Requester {
  /** Whether the bus can be reached now. */
  abstract readonly connected: boolean;
  /**
   * Resolves with the reason when the bus has refused this client for good, for example because of its password. Never
   * settles otherwise.
   */
  abstract readonly refused: Promise<Error>;
  /**
   * Sends one request and returns the bytes of its reply. Throws NoRespondersError, RequestTimeoutError (or its
   * subclass ReplyLostError) or BusDownError. Never sends a request twice.
   */
  abstract request(subject: string, body: string | Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Closes the client. Requests without a reply fail with BusDownError. */
  abstract close(): Promise<void>;
}

/** Client of the bus that sends messages to all processes that subscribe to a subject, and receives such messages. */
export abstract class Broadcaster {
  /**
   * Sends a message to every listener of the subject, including this process, at most once. Returns false and sends
   * nothing if the bus cannot be reached.
   */
  abstract broadcast(subject: string, body: string): boolean;
  /**
   * Passes each message of a subject to `receive`, which must not throw, until the client closes. The process counts as
   * ready even while the bus refuses this subscription.
   */
  abstract listen(subject: string, receive: (body: Uint8Array) => void): void;
}

/** A message that expects no reply. */
export interface EventMessage {
  /** Unique id. If the message is published again, a JetStream stream recognises the id and drops the copy. */
  readonly id: string;
  readonly subject: string;
  /** Media type of the body. The in-process bus does not pass it on, because its messages have no headers. */
  readonly contentType: string;
  readonly body: object;
  /**
   * Messages with the same key are published in the order of the list. Messages without a key may be published in any
   * order.
   */
  readonly orderKey?: string | undefined;
}

/** A message that the bus has not accepted. */
export interface UnpublishedMessage {
  readonly id: string;
  readonly error: Error;
  /** Whether the bus will never accept the message, because it is too large. */
  readonly isFinal: boolean;
}

/** Settings of a publisher. */
export interface PublisherSettings {
  /** Milliseconds within which the bus must accept a message. */
  readonly timeoutMs: number;
  /**
   * Name of the JetStream stream that must store each message. Undefined: a message counts as published when the server
   * has received it.
   */
  readonly stream: string | undefined;
}

/** Client of the bus that publishes events. */
export abstract class Publisher {
  /**
   * Resolves with the reason when the bus has refused this client for good, for example because of its password. Never
   * settles otherwise.
   */
  abstract readonly refused: Promise<Error>;
  /**
   * Publishes messages. Returns those that the bus has not accepted. After a message that the bus may accept later, no
   * further messages with the same key are published, so that their order stays. If this throws, some of the messages
   * may have been published.
   */
  abstract publish(messages: readonly EventMessage[]): Promise<readonly UnpublishedMessage[]>;
  /** Closes the client. */
  abstract close(): Promise<void>;
}

/** Serves the message handlers of a Nest microservice: pass it to Nest as its transport `strategy`. */
export interface BusServer {
  /**
   * Resolves with the reason when the bus has refused this server for good, for example because of its password. Never
   * settles otherwise.
   */
  readonly refused: Promise<Error>;
  listen(callback: (error?: unknown) => void): unknown;
  /** Accepts no more requests, waits for open requests until the drain time is over, then closes. */
  close(): Promise<void>;
}

/**
 * The message bus between the gateway and the services: NATS, or an in-process bus if all of them run in one process.
 */
export abstract class Bus {
  /** Address of the bus, for the log. Contains no secrets. */
  abstract readonly address: string;
  /**
   * Opens a client that sends requests and broadcasts. `client` is the name of its NATS user and the prefix of its
   * inbox.
   */
  abstract openRequester(client: string, logger?: Logger): Promise<Requester & Broadcaster>;
  /** Opens a publisher. `client` is the name of its NATS user and the prefix of its inbox. */
  abstract openPublisher(client: string, settings: PublisherSettings, logger?: Logger): Promise<Publisher>;
  /**
   * Returns a server without handlers. `client` is the name of its NATS user; `close` waits up to `drainMs`
   * milliseconds.
   */
  abstract createServer(client: string, drainMs?: number): BusServer;
}
