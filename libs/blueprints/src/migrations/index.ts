import { CreateFlows1764028800000 } from './1764028800000-create-flows.js';
import { BrandSets1764201600000 } from './1764201600000-brand-sets.js';
import { OauthClients1764404460000 } from './1764404460000-oauth-clients.js';
import { AppliedBlueprints1764720000000 } from './1764720000000-applied-blueprints.js';
import { BlueprintContents1764806400000 } from './1764806400000-blueprint-contents.js';
import { ProxyApplications1765065660000 } from './1765065660000-proxy-applications.js';
import { FlowReleases1765411200000 } from './1765411200000-flow-releases.js';

/** The Postgres schema of flows, plans and sessions. */
export const FLOW_SCHEMA = 'flow';

/** The migrations of the blueprint tables, in order. */
export const blueprintMigrations = [
  CreateFlows1764028800000,
  BrandSets1764201600000,
  OauthClients1764404460000,
  AppliedBlueprints1764720000000,
  BlueprintContents1764806400000,
  ProxyApplications1765065660000,
  FlowReleases1765411200000,
];
