import type { HostBrand } from './brand-store.js';
import type { Site } from './stage-request.js';

/** What of the site is configured and the same for everybody: no host that a visitor names changes where links lead. */
export type ConfiguredSite = Pick<Site, 'base_url' | 'rp_id'>;

/** The site as stages are told of it. */
export function siteFor(configured: ConfiguredSite, { title, serving: { recovery } }: HostBrand): Site {
  return { ...configured, brand: title, flows: recovery === undefined ? {} : { recovery } };
}
