/** An event under its subject, by an id of its own. */
export interface Published {
  readonly id: string;
  readonly subject: string;
  readonly body: object;
}

/** Whoever listens to what happens. */
export abstract class Events {
  /** Resolves once all of them are taken; which of them were, when it fails, nobody knows. */
  abstract publish(events: readonly Published[]): Promise<void>;
}
