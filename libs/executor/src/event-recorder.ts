import type { EventEffect } from './effects.js';
import type { EventContext } from './plan-commit.js';

/** What happens without a plan that it could be saved with. */
export abstract class EventRecorder {
  /** Tells whoever listens, later. */
  abstract record(events: readonly EventEffect[], about: EventContext): Promise<void>;
}
