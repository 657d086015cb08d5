import type { Logger } from './logger.js';

/** Thrown at once when no handler serves the subject of a request. */
export class NoRespondersError extends Error {}
/** Thrown when no reply arrives before the time limit, or when the connection is lost before the reply. */
export class RequestTimeoutError extends Error {}
/** Thrown when the reply was probably lost, because a server of the bus has failed. The bus still works. */
export class ReplyLostError extends RequestTimeoutError {}
/** Thrown at once when the bus cannot be reached, when the message is too large, or when the client is closed. */
export class BusDownError extends Error {}

/** Client of the bus that sends requests. */
export abstract class Requester {
  /** Whether the bus can be reached now. */
  abstract readonly connected: boolean;
  /** Resolves with the reason when the bus has refused this client for good. Otherwise the promise never settles. */
  abstract readonly refused: Promise<Error>;
  /**
   * Sends one request and returns the bytes of its reply. Throws NoRespondersError, RequestTimeoutError (or its kind
   * ReplyLostError) or BusDownError. Never sends a request twice.
   */
  abstract request(subject: string, body: string | Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Closes the client. Requests without a reply fail with BusDownError. */
  abstract close(): Promise<void>;
}

/** Client of the bus that sends messages to all processes that listen, and receives such messages. */
export abstract class Broadcaster {
  /**
   * Sends a message to every listener of the subject, the sender included, at most once. Returns false and sends nothing
   * while the bus cannot be reached.
   */
  abstract broadcast(subject: string, body: string): boolean;
  /**
   * Passes each message of a subject to `receive`, which must not throw, until the client closes. The process is ready
   * without this subscription.
   */
  abstract listen(subject: string, receive: (body: Uint8Array) => void): void;
}

/** A message that expects no reply. */
export interface EventMessage {
  /** Unique id, by which a JetStream stream drops a message that is published again. */
  readonly id: string;
  readonly subject: string;
  /** Media type of the body. Not delivered in one process, where messages have no headers. */
  readonly contentType: string;
  readonly body: object;
  /** Messages with the same key are published in the order of the list. Messages without a key have no order. */
  readonly orderKey?: string | undefined;
}

/** A message that the bus has not accepted. */
export interface UnpublishedMessage {
  readonly id: string;
  readonly error: Error;
  /** Whether the bus never accepts the message, because it is too large. */
  readonly isFinal: boolean;
}

/** Settings of a publisher. */
export interface PublisherSettings {
  /** Milliseconds within which the bus must accept a message. */
  readonly timeoutMs: number;
  /**
   * The JetStream stream that must store each message. Undefined: a message counts as published when the server has
   * received it.
   */
  readonly stream: string | undefined;
}

/** Client of the bus that publishes events. */
export abstract class Publisher {
  /** Resolves with the reason when the bus has refused this client for good. Otherwise the promise never settles. */
  abstract readonly refused: Promise<Error>;
  /**
   * Publishes messages, and returns those that the bus has not accepted. If it has not accepted a message that could be
   * accepted later, the later messages with the same key are not published. When this throws, some of the messages may
   * have been published.
   */
  abstract publish(messages: readonly EventMessage[]): Promise<readonly UnpublishedMessage[]>;
  /** Closes the client. */
  abstract close(): Promise<void>;
}

/** Serves the message handlers of a Nest microservice: pass it to Nest as its transport `strategy`. */
export interface BusServer {
  /** Resolves with the reason when the bus has refused this server for good. Otherwise the promise never settles. */
  readonly refused: Promise<Error>;
  listen(callback: (error?: unknown) => void): unknown;
  /** Stops accepting requests, waits for open requests at most for the drain time, then closes. */
  close(): Promise<void>;
}

/** The message bus between the gateway and the services: NATS, or the memory of one process. */
export abstract class Bus {
  /** Where the bus is, for the log. Contains no secrets. */
  abstract readonly address: string;
  /**
   * Opens a requester, which is also a broadcaster. `client` is the name of its NATS user and the prefix of its inbox.
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
