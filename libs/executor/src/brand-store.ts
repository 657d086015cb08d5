import type { StageRequest } from '@gatehouse/contracts';
import type { Brand, BrandSet } from '@gatehouse/plan';

/** The brand of a host. */
export interface HostBrand extends Brand {
  /** Slugs of the flows for each purpose: those that the brand names, else the first with that designation. */
  readonly serving: BrandSet['first'] & Brand['flows'];
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

/** The configured part of the site. No `Host` that a client sends changes where links lead. */
export type ConfiguredSite = Pick<StageRequest['site'], 'base_url' | 'rp_id'>;

/** Returns the site as stages and policies see it. */
export const siteFor = (
  configured: ConfiguredSite,
  { title, serving: { recovery } }: HostBrand,
): StageRequest['site'] => ({ ...configured, brand: title, flows: recovery === undefined ? {} : { recovery } });
