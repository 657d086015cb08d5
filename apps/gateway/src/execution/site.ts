import type { Brand } from '@gatehouse/plan';
import type { Loaded } from './plans.js';
import type { Site } from './stage-requests.js';

/** What of the site is configured and the same for everybody: no host that a visitor names changes where links lead. */
export type ConfiguredSite = Pick<Site, 'base_url' | 'rp_id'>;

/** The site as stages are told of it; a flow that the brand names comes before whichever serves the purpose. */
export function siteOf(configured: ConfiguredSite, { recoveryFlow }: Pick<Loaded, 'recoveryFlow'>, brand: Brand): Site {
  const recovery = brand.flows.recovery ?? recoveryFlow;
  return { ...configured, brand: brand.title, flows: recovery === undefined ? {} : { recovery } };
}
