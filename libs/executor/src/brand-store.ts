import type { Brand, BrandSet } from '@gatehouse/plan';

/** The brand that a host has. */
export interface HostBrand extends Brand {
  /** Slugs of the flows that serve each purpose: those that the brand names, else the first with that designation. */
  readonly serving: BrandSet['first'] & Brand['flows'];
}

/** The brands of the site. */
export abstract class BrandStore {
  /**
   * The brand of a host, as of now. `revision` is that of all brands, where it has just been loaded with something else:
   * then nobody is asked what is known already.
   */
  abstract find(host: string, revision?: string | null): Promise<HostBrand>;

  /** The same as of the last time that anything was loaded: for when nothing can be. */
  abstract lastKnown(host: string): HostBrand;
}
