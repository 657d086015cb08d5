import { type PolicyReply, type PolicyRequest, PROTOCOL_VERSION, type SavedUser } from '@gatehouse/contracts';
import {
  type EventEffect,
  GroupMembershipStore,
  PolicyClient,
  policyEvents,
  ShadowEvaluator,
  toSavedUser,
} from '@gatehouse/executor';
import {
  callablePolicies,
  evaluatePolicySet,
  findPolicy,
  hasConditions,
  type OauthClient,
  type PolicyQueries,
  queriesFor,
} from '@gatehouse/plan';
import { Logger } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { ClientInfo } from '../http/client.resolver.js';

/** An application with the policy bindings that restrict who may use it. */
export type RestrictedApplication = Pick<OauthClient, 'application' | 'access' | 'policies'>;

/** The user who wants to use an application, and the data about the request that the policies get. */
export interface AccessSubject {
  readonly user: SavedUser;
  readonly client: ClientInfo;
  /** Id of the request. The response header `x-authentik-id` contains it. */
  readonly requestId: string;
  readonly locale: string;
  /** Title of the brand. */
  readonly brand: string;
  /** Ids of the user's groups, with the groups above them. Loaded if absent. */
  readonly groups?: ReadonlySet<string>;
}

/** Whether a user may use an application, with the messages and events of the policies. */
export interface AccessDecision {
  readonly pass: boolean;
  /** Messages of the policies for the user. */
  readonly messages: readonly string[];
  /** Events of the policies, for `EventRecorder` or the outbox. */
  readonly events: readonly EventEffect[];
}

const PASSED: AccessDecision = { pass: true, messages: [], events: [] };
const NO_RESULTS: PolicyReply = { results: {}, context: { set: {}, unset: [] } };

/** Judges who may use an application, by the bindings of the application (docs/spec/forward-auth.md#access). */
@Injectable()
export class ApplicationAccess {
  constructor(
    @Inject(PolicyClient) private readonly policyClient: PolicyClient,
    @Inject(GroupMembershipStore) private readonly memberships: GroupMembershipStore,
    @Inject(ShadowEvaluator) private readonly shadows: ShadowEvaluator,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(GATEWAY_CONFIG)
    private readonly config: Pick<GatewayConfig, 'BASE_URL' | 'API_VERSION' | 'POLICY_TIMEOUT_MS'>,
  ) {}

  /**
   * Returns whether the user may use the application. There is no flow, so changes of a plan that a policy requests
   * have no effect. Throws `policy_away` or `bus_down`, and so grants no access, if the policies cannot be evaluated.
   */
  async judge(application: RestrictedApplication, subject: AccessSubject): Promise<AccessDecision> {
    const { access } = application;
    if (!hasConditions(access)) return PASSED;
    const user = toSavedUser(subject.user);
    const { groups, policies } = queriesFor(access);
    const requestOf = (queries: PolicyQueries['policies']) => this.requestOf(application, queries, subject);
    const [userGroups, { reply, events }, shadow] = await Promise.all([
      this.groupsOf(subject, groups),
      this.evaluate(application, policies, subject),
      this.shadows.evaluate({ set: access, user, apiVersion: this.config.API_VERSION, requestOf }),
    ]);
    const facts = { user, groups: userGroups, results: reply.results, apiVersion: this.config.API_VERSION };
    const { pass, messages } = evaluatePolicySet(access, facts);
    const given = { set: access, enforced: facts, shadow, version: application };
    const { effects } = this.shadows.record({ ...given, flow: undefined, admits: () => true });
    return { pass, messages, events: [...events, ...effects] };
  }

  private async groupsOf({ user, groups }: AccessSubject, bound: readonly string[]): Promise<ReadonlySet<string>> {
    if (groups !== undefined || bound.length === 0) return groups ?? new Set();
    return this.memberships.filterGroups(user.uuid, bound);
  }

  private async evaluate(
    application: RestrictedApplication,
    queries: PolicyQueries['policies'],
    subject: AccessSubject,
  ): Promise<Pick<AccessDecision, 'events'> & { readonly reply: PolicyReply }> {
    if (queries.length === 0) return { reply: NO_RESULTS, events: [] };
    const request = this.requestOf(application, queries, subject);
    const reply = await this.policyClient.evaluate(request);
    for (const { id, name } of request.policies) {
      const error = reply.results[id]?.error;
      if (error !== undefined) this.logger.event('policy_undecided', { policy: name, flow: undefined, reason: error });
    }
    return { reply, events: policyEvents(request, reply) };
  }

  private requestOf(
    { application, policies }: RestrictedApplication,
    queries: PolicyQueries['policies'],
    { user, client, requestId, locale, brand }: AccessSubject,
  ): PolicyRequest {
    const { BASE_URL, API_VERSION: api_version, POLICY_TIMEOUT_MS: timeout_ms } = this.config;
    const ids = queries.map(({ id }) => id);
    const callable = callablePolicies({ policies }, ids);
    return {
      ...{ v: PROTOCOL_VERSION, id: `${requestId}.access`, timeout_ms, locale, method: 'GET' },
      policies: queries.map(({ id, timeoutMs }) => ({
        ...findPolicy({ policies }, id),
        timeout_ms: Math.min(timeoutMs, timeout_ms),
      })),
      ...(callable.length > 0 && { callable }),
      user: toSavedUser(user),
      client: { ip: client.ip, user_agent: client.user_agent, outpost: client.outpost },
      site: { base_url: BASE_URL.replace(/\/$/, ''), rp_id: new URL(BASE_URL).hostname, brand, flows: {}, api_version },
      flow_plan: { slug: '', context: { application } },
      context: {},
    };
  }
}
