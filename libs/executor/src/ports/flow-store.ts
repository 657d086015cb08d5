import type { Brand, BrandSet, FlowVersion } from '@gatehouse/plan';

/** A stage that users can set up for themselves, such as an authenticator. */
export interface ConfigurableStage {
  readonly id: string;
  readonly name: string;
}

/** A summary of a published flow: its settings, and the ids of its stages and policies. */
export interface FlowSummary {
  readonly flow: FlowVersion['flow'];
  readonly mode: FlowVersion['guard']['mode'];
  /** Ids of the stages of the flow's steps. */
  readonly stages: readonly string[];
  /** Ids of the policies that are bound to the flow itself, not to its steps. */
  readonly policies: readonly string[];
}

/** Returns published flows. A flow version never changes. */
export abstract class FlowStore {
  /** Returns a flow version; `undefined` if it does not exist or has an unknown format. */
  abstract find(versionId: string): Promise<FlowVersion | undefined>;
  /**
   * Returns the slug of the flow in which users set up this stage (its `configure_flow`). `undefined` if the stage has
   * none, or if no published flow uses the stage.
   */
  abstract findConfigureFlow(stageId: string): Promise<string | undefined>;
  /** Returns the stages of these kinds that users can set up, sorted by name. */
  abstract listConfigurableStages(kinds: readonly string[]): Promise<ConfigurableStage[]>;
  /** Returns a summary of each of these flows. Leaves out flows that are not published. */
  abstract summarize(flowIds: readonly string[]): Promise<FlowSummary[]>;
  /** Returns the slugs of all published flows, by id. */
  abstract listSlugs(): Promise<ReadonlyMap<string, string>>;
  /** Whether a flow with this id is published. */
  abstract exists(flowId: string): Promise<boolean>;
  /** Returns the slugs of the published flows that use a stage, as a step or in the config of a step. */
  abstract listFlowsUsing(stageId: string): Promise<string[]>;
}

/** The brand (look and flows) of the site under a host name. */
export interface HostBrand extends Omit<Brand, 'passkey_origins'> {
  /** Slug of the flow for each purpose: the flow that the brand names, else the default flow with that designation. */
  readonly flowsByPurpose: BrandSet['first'] & Brand['flows'];
  /**
   * Origins whose pages may use the passkeys of the site: those of the brand of BASE_URL's host, whichever brand this
   * is, because a client chooses the host of its request.
   */
  readonly passkeyOrigins: readonly string[];
}

/** Finds brands by host name. */
export abstract class BrandStore {
  /**
   * Returns the current brand of a host. `revision` is the revision of all brands that the caller has just loaded. If
   * the cache has this revision, no query is needed.
   */
  abstract find(host: string, revision?: string | null): Promise<HostBrand>;

  /** Returns the brand of a host from the cache, without a query. For use while the database is unavailable. */
  abstract lastKnown(host: string): HostBrand;
}
