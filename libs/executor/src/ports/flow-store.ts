import type { Brand, BrandSet, FlowVersion } from '@gatehouse/plan';

/** A stage that users set up for themselves. */
export interface ConfigurableStage {
  readonly id: string;
  readonly name: string;
}

/** What a published flow says of itself. */
export interface FlowSummary {
  readonly flow: FlowVersion['flow'];
  readonly mode: FlowVersion['guard']['mode'];
  /** Ids of the stages of its steps, and of the policies that say whom it is for. */
  readonly stages: readonly string[];
  readonly policies: readonly string[];
}

/** Published flows. A version never changes. */
export abstract class FlowStore {
  /** Undefined when there is none, or when it is not understood any more. */
  abstract find(versionId: string): Promise<FlowVersion | undefined>;
  /** Slug of the flow by which users set up a stage for themselves; undefined for a stage that no published flow uses, or that has none. */
  abstract findConfigureFlow(stageId: string): Promise<string | undefined>;
  /** The stages of some kinds that users set up for themselves, by what people call them. */
  abstract listConfigurableStages(kinds: readonly string[]): Promise<ConfigurableStage[]>;
  /** Those of the ids that are published. */
  abstract summarize(flowIds: readonly string[]): Promise<FlowSummary[]>;
  /** The slugs of all that are published, by id. */
  abstract listSlugs(): Promise<ReadonlyMap<string, string>>;
  /** Whether a flow of this id is published. */
  abstract exists(flowId: string): Promise<boolean>;
  /** Slugs of the published flows that have a stage, as a step or in the config of one. */
  abstract listFlowsUsing(stageId: string): Promise<string[]>;
}

/** The brand of a host. */
export interface HostBrand extends Brand {
  /** Slugs of the flows for each purpose: those that the brand names, else the first with that designation. */
  readonly flowsByPurpose: BrandSet['first'] & Brand['flows'];
}

/** The brands of the installation. */
export abstract class BrandStore {
  /**
   * Returns the current brand of a host. `revision` is the revision of all brands, if another statement has just loaded it:
   * a cache of that revision is used as it is.
   */
  abstract find(host: string, revision?: string | null): Promise<HostBrand>;

  /** Returns the brand of a host from the cache, without a query. For when the database is away. */
  abstract lastKnown(host: string): HostBrand;
}
