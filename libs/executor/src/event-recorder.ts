import type { Effect } from '@gatehouse/contracts';
import type { EventContext } from './plan-commit.js';

/** What happens without a plan that it could be saved with. */
export abstract class EventRecorder {
  /** Tells whoever listens, later. */
  abstract record(events: readonly Effect[], about: EventContext): Promise<void>;
}
