/** An event under its subject, by an id of its own. */
export interface EventMessage {
  readonly id: string;
  readonly subject: string;
  readonly body: object;
}

/** Whoever listens to what happens. */
export abstract class EventPublisher {
  /** Resolves once all of them are taken; which of them were, when it fails, nobody knows. */
  abstract publish(events: readonly EventMessage[]): Promise<void>;
}
