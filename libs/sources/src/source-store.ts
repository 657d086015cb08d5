import type { PublicSource, SealedSource } from './published-source.js';

/** The sources of the house as they are now, whatever a flow was published with: one that is switched off is so at once. */
export abstract class SourceStore {
  /** Those of these ids that are enabled, by name. */
  abstract enabled(ids: readonly string[]): Promise<PublicSource[]>;
  /** Makes these all that there are; what came from others is forgotten with them. */
  abstract publish(sources: readonly SealedSource[]): Promise<void>;
}
