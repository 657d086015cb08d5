import type { FlowVersion } from '@gatehouse/plan';

/** Published flows. A version never changes. */
export abstract class Flows {
  abstract load(versionId: string): Promise<FlowVersion>;
  /** Slug of the first flow of a designation, by slug. */
  abstract findDefault(designation: string): Promise<string | undefined>;
}
