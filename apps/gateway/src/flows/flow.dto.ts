import { changedIn2026, since2026, themedUrls, withNewerValues } from '@gatehouse/contracts';
import type { FlowSummary, HostBrand } from '@gatehouse/executor';
import {
  ARRIVAL_REQUIREMENTS,
  DENIED_ACTIONS,
  DESIGNATIONS,
  FRAME_LAYOUTS,
  LAYOUTS,
  REQUIREMENTS,
} from '@gatehouse/plan';
import { z } from 'zod';
import { FLOW_DEFAULTS } from './flow-info.js';
import { themedUrlsOf } from './themed-urls.js';

/** A published flow. */
export const flow = z
  .object({
    pk: z.uuid(),
    policybindingmodel_ptr_id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    title: z.string(),
    designation: z.enum(DESIGNATIONS),
    /** Empty if the flow has no background of its own. Never empty in 2024.8. */
    background: changedIn2026(z.string(), z.string(), (address) => address || FLOW_DEFAULTS.background),
    /** The background of the flow, else that of the brand. */
    background_url: since2026(z.string()),
    background_themed_urls: since2026(themedUrls.nullable()),
    /** Ids of the stages of the flow. */
    stages: z.array(z.uuid()).readonly(),
    /** Ids of the policies that are bound to the flow. */
    policies: z.array(z.uuid()).readonly(),
    /** Always 0, because Gatehouse caches no plans. */
    cache_count: z.int(),
    policy_engine_mode: z.enum(['any', 'all']),
    compatibility_mode: z.boolean(),
    /** Path at which superusers get the flow as a blueprint. */
    export_url: z.string(),
    layout: withNewerValues(z.enum(LAYOUTS), FRAME_LAYOUTS),
    denied_action: z.enum(DENIED_ACTIONS),
    authentication: withNewerValues(z.enum(REQUIREMENTS), ARRIVAL_REQUIREMENTS),
  })
  .meta({ id: 'Flow', description: 'A published flow.' });

/** Returns a flow in the form of the API, with the fields of all versions. Flows without a background have the brand's. */
export const toFlow = (
  { flow: published, mode, stages, policies }: FlowSummary,
  brand: Pick<HostBrand, 'background'>,
): z.input<typeof flow> => ({
  ...{
    pk: published.id,
    policybindingmodel_ptr_id: published.id,
    name: published.name,
    slug: published.slug,
    title: published.title,
  },
  designation: published.designation,
  background: published.background ?? '',
  ...backgroundUrls(published.background ?? brand.background ?? FLOW_DEFAULTS.background),
  ...{
    stages,
    policies,
    cache_count: 0,
    policy_engine_mode: mode,
    compatibility_mode: false,
    export_url: `/api/v3/flows/instances/${published.slug}/export/`,
  },
  layout: published.layout ?? FLOW_DEFAULTS.layout,
  denied_action: published.denied_action,
  authentication: published.authentication,
});

const backgroundUrls = (address: string) => ({
  background_url: address,
  background_themed_urls: themedUrlsOf(address),
});
