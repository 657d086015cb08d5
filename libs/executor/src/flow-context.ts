import type { StageRequest } from '@gatehouse/contracts';
import { awaitsAddedUser, type FlowVersion, type Plan, type Visitor } from '@gatehouse/plan';
import type { FlowRequest } from './flow-request.js';
import type { HostBrand } from './ports/flow-store.js';
import {
  type Identity,
  type LoadedFlow,
  type ResumedPlan,
  type Session,
  type StoredPlan,
  toSavedUser,
} from './ports/plan-store.js';
import type { SessionLogin, SessionState } from './session-state.js';

/**
 * A plan that a request continues: the plan of its session, or the plan of the mailed link that the visitor has opened.
 */
export type ContinuedPlan = (StoredPlan | ResumedPlan) & {
  /**
   * Whether the plan waits for the confirmation of a mailed link that was used up by another request or has expired.
   */
  readonly isLinkGone?: boolean;
};

/** Everything that the executor has loaded for a request. Immutable. */
export interface FlowContext {
  readonly request: FlowRequest;
  /** The session, its user and its plan of this flow, as loaded at the start of the request. */
  readonly loaded: LoadedFlow;
  readonly brand: HostBrand;
  /** The caller: the user of the API token, else of the session. `undefined` for an anonymous visitor. */
  readonly user: Identity | undefined;
  readonly version: FlowVersion;
  readonly versionId: string;
  /** The plan that the request continues, as it was loaded; `undefined` if the request starts a new plan. */
  readonly continued: ContinuedPlan | undefined;
  readonly site: StageRequest['site'];
  /** The visitor's language: a supported language without a region, such as `de`. */
  readonly locale: string;
}

/** What the executor loads for a request first. The plan and the flow version are selected afterwards. */
export type LoadedRequest = Pick<FlowContext, 'request' | 'loaded' | 'brand' | 'user'>;

/** Returns what the executor has loaded for a request, with the selected plan and the visitor's language. */
export function flowContext(
  loaded: LoadedRequest,
  { version, versionId, continued }: Pick<FlowContext, 'version' | 'versionId' | 'continued'>,
  configured: ConfiguredSite,
): FlowContext {
  const site = siteFor(configured, loaded.brand);
  return { version, versionId, continued, site, locale: loaded.request.localeFor(loaded), ...loaded };
}

/** Whether the plan has a row in the database. A plan that a mailed link resumes gets its row at the first save. */
export const isStored = (plan: ContinuedPlan | undefined): plan is ContinuedPlan & StoredPlan =>
  plan !== undefined && 'revision' in plan;

/** Returns the caller's uuid, in the form in which plans store it: null for an anonymous visitor. */
export const visitorId = ({ user }: Pick<FlowContext, 'user'>): Plan['visitor'] => user?.uuid ?? null;

/** Returns the caller's properties that a flow's authentication requirement checks. */
export const visitorOf = ({ request, user }: Pick<LoadedRequest, 'request' | 'user'>): Visitor => ({
  authenticated: user !== undefined,
  superuser: user?.is_superuser ?? false,
  outpost: request.client.outpost,
});

/** Whether the caller is authenticated by an API token. */
export const isByToken = ({ request }: Pick<FlowContext, 'request'>): boolean => request.authenticate !== undefined;

/**
 * Returns the session as it is before the first step. For a request with an API token, it has no proofs of the user.
 * For a plan that adds a user of the browser, it is anonymous: no step may act for the user who is logged in.
 */
export function loadedSessionState(
  { loaded, user: caller, request }: LoadedRequest,
  plan: Pick<Plan, 'user_switch' | 'visitor'>,
): SessionState {
  const user = awaitsAddedUser(plan) ? undefined : caller;
  const own = user && !isByToken({ request }) ? loaded.session : undefined;
  return {
    sessionUser: user ? toSavedUser(user) : null,
    deviceProved: own?.user !== undefined && own.deviceProved === true,
    recentlyProved: own?.user !== undefined && own.recentlyProved === true,
    provedDevices: own?.user ? (own.provedDevices ?? []) : [],
    login: own && loginOf(own),
    visitor: visitorOf({ request, user }),
  };
}

const loginOf = ({ user, loginAgeS: ageS, methodAges = {} }: Session): SessionLogin | undefined =>
  user && ageS !== undefined ? { user: user.uuid, ageS, methodAges } : undefined;

/** The site's configured address. Links are built from it, never from the `Host` header that a client sends. */
export type ConfiguredSite = Pick<StageRequest['site'], 'base_url' | 'rp_id' | 'api_version'>;

/** Returns the member `site` of requests to stages and policies. */
const siteFor = (configured: ConfiguredSite, brand: HostBrand): StageRequest['site'] => ({
  brand: brand.title,
  flows: recoveryFlow(configured, brand),
  ...(brand.passkeyOrigins.length > 0 && { passkey_origins: brand.passkeyOrigins }),
  ...configured,
});

/**
 * Returns the recovery flow that stages link to. Since 2026.8 only the brand names it, in 2024.8 also the default flow.
 */
function recoveryFlow({ api_version }: ConfiguredSite, { flows, flowsByPurpose }: HostBrand): { recovery?: string } {
  const { recovery } = api_version === '2026.8' ? flows : flowsByPurpose;
  return recovery === undefined ? {} : { recovery };
}
