import type { Effect } from '@gatehouse/contracts';
import type { About } from './plans.js';

/** What happens without a plan that it could be saved with. */
export abstract class Events {
  /** Tells whoever listens, later. */
  abstract record(events: readonly Effect[], about: About): Promise<void>;
}
