import {
  type PolicyReply,
  type PolicyRequest,
  PROTOCOL_VERSION,
  Problem,
  type SavedUser,
  type User,
} from '@gatehouse/contracts';
import {
  callablePolicies,
  evaluatePolicySet,
  type FlowVersion,
  findPolicy,
  hasConditions,
  type InsertionPoint,
  insertSteps,
  type Plan,
  type PolicyFacts,
  type PolicySet,
  type PolicyVerdict,
  policyViolations,
  queriesFor,
  recordedVerdicts,
  runsStep,
  type ShadowFacts,
  userKey,
  withoutBackend,
  withPolicyFacts,
  withShadowVerdicts,
  withVerdicts,
} from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import { actorOf } from './event-context.js';
import { timeLeftMs } from './flow-request.js';
import type { FlowRunView } from './flow-run.js';
import { type PolicyEventFilter, policyEvents } from './policy-events.js';
import type { PolicyClient, StageContractRegistry } from './ports/clients.js';
import type { GroupMembershipStore, UserDirectory } from './ports/directory.js';
import { toSavedUser } from './ports/plan-store.js';
import type { ShadowEvaluator, ShadowRecord } from './shadow-evaluator.js';

/** A policy that threw or took too long. */
export interface UndecidedPolicy {
  /** The name of the policy. */
  readonly policy: string;
  readonly error: string;
  /** The slug of the flow. */
  readonly flow: string;
}

/** An event that a policy causes for a visitor who has proved nothing. Such events are limited. */
export interface AnonymousPolicyEvent {
  /** Action of the event. `custom` means all events that the replies of one evaluation request, together. */
  readonly action: Parameters<PolicyEventFilter>[0] | 'policy_shadow';
  /** Id of the policy or of the shadow binding; for `custom`, the ids of all evaluated policies. */
  readonly policy: string;
  /** The slug of the flow. */
  readonly flow: string;
  /** The address of the client. */
  readonly ip: string;
}

interface Dependencies {
  readonly policies: PolicyClient;
  readonly shadows: ShadowEvaluator;
  readonly memberships: GroupMembershipStore;
  readonly users: UserDirectory;
  readonly contracts: StageContractRegistry;
  /** Time limit for the evaluation of a policy set, in milliseconds. */
  readonly timeoutMs: number;
  /** Called with each policy that threw or took too long, if the event about it is recorded. */
  readonly report: (undecided: UndecidedPolicy) => void;
  /**
   * Returns whether to record an event that a policy causes for a visitor who has proved nothing, and counts the event.
   * Events about logged-in and verified users are always recorded.
   */
  readonly admitsAnonymous: (event: AnonymousPolicyEvent) => boolean;
}

/** The verdict of a policy set, and the plan with the changes that its policies requested. */
export interface PolicyDecision extends PolicyVerdict {
  readonly plan: Plan;
  /** Events to save with the plan. */
  readonly effects: readonly EventEffect[];
}

/** The parts of a run that the evaluation of policies reads. */
export type PolicyRun = Pick<FlowRunView, 'context' | 'session' | 'revision' | 'budget' | 'reputation'>;

/** A policy set to evaluate for a plan. */
export interface PolicyQuestion {
  readonly plan: Plan;
  readonly set: PolicySet;
  /** The position in the plan after which policies insert steps. Index -1 means before the first step. */
  readonly insertAt: InsertionPoint;
  /** The HTTP method that policies see. */
  readonly method?: PolicyRequest['method'];
  /** Configs of the policies in `set`, by policy id. Default: those in the flow version. */
  readonly policies?: FlowVersion['policies'];
}

interface PolicyExchange extends Pick<PolicyDecision, 'effects'> {
  readonly reply: PolicyReply;
}

type UserQuestion = PolicyQuestion & { readonly user: User | undefined };

type PolicyQueries = ReturnType<typeof queriesFor>['policies'];

const EMPTY_REPLY: PolicyReply = { results: {}, context: { set: {}, unset: [] } };
const NO_GROUPS: ReadonlySet<string> = new Set();

/**
 * Evaluates policy sets (docs/spec/policies.md#policy-sets) and their shadow conditions. Requests only the policies and
 * groups that a set needs.
 */
export class PolicyEngine {
  constructor(private readonly dependencies: Dependencies) {}

  /**
   * Evaluates a policy set for the plan's user or, if there is none, the session's user. Throws a Problem if the
   * policies cannot be evaluated, so that a failure never lets a visitor pass.
   */
  async decide(run: PolicyRun, question: PolicyQuestion): Promise<PolicyDecision> {
    const { plan, set } = question;
    if (!hasConditions(set)) return { pass: true, messages: [], undecided: false, plan, effects: [] };
    const user = plan.context.pending_user ?? run.session.sessionUser ?? undefined;
    const asked = { ...question, user };
    const { groups, policies } = queriesFor(set);
    const [userGroups, { reply, effects }, shadow] = await Promise.all([
      this.groupsOf(user, groups),
      this.evaluate(run, policies, asked),
      this.dependencies.shadows.evaluate({
        set,
        user,
        apiVersion: run.context.site.api_version,
        requestOf: (queries) => this.shadowRequest(run, queries, asked),
      }),
    ]);
    const { api_version: apiVersion } = run.context.site;
    const facts = { user, groups: userGroups, results: reply.results, apiVersion };
    const recorded = this.recordShadow(run, question, { enforced: facts, shadow });
    const changed = withVerdicts(await this.changedPlan(run, question, reply), recordedVerdicts(set, facts));
    return {
      ...evaluatePolicySet(set, facts),
      plan: withShadowVerdicts(changed, question.insertAt.id, recorded.verdicts),
      effects: [...effects, ...recorded.effects],
    };
  }

  private recordShadow(
    run: PolicyRun,
    { plan, set, policies }: PolicyQuestion,
    facts: { readonly enforced: PolicyFacts; readonly shadow: ShadowFacts | undefined },
  ): ShadowRecord {
    const { version, request } = run.context;
    const { slug: flow } = version.flow;
    const isProved = hasProof(run, plan);
    const { ip } = request.client;
    const admits = (policy: string) =>
      isProved || this.dependencies.admitsAnonymous({ action: 'policy_shadow', policy, flow, ip });
    return this.dependencies.shadows.record({
      set,
      ...facts,
      version: policies ? { policies } : version,
      flow,
      admits,
    });
  }

  /** Evaluates the policies of a step, and returns whether the step runs (see `runsStep`). */
  async decideStep(run: PolicyRun, kind: string, question: PolicyQuestion): Promise<PolicyDecision> {
    const decision = await this.decide(run, question);
    const isGrant = this.dependencies.contracts.find(kind, run.context.version)?.grants ?? false;
    return { ...decision, pass: runsStep(decision, isGrant) };
  }

  private async groupsOf(user: User | undefined, groups: readonly string[]): Promise<ReadonlySet<string>> {
    if (user?.kind !== 'saved' || groups.length === 0) return NO_GROUPS;
    return this.dependencies.memberships.filterGroups(user.uuid, groups);
  }

  private async evaluate(run: PolicyRun, queries: PolicyQueries, question: UserQuestion): Promise<PolicyExchange> {
    if (queries.length === 0) return { reply: EMPTY_REPLY, effects: [] };
    run.budget.check();
    const request = this.requestOf(run, run.budget.nextNumber(), { ...question, queries });
    const reply = await this.dependencies.policies.evaluate(request);
    return { reply, effects: this.eventsOf(request, reply, hasProof(run, question.plan)) };
  }

  /**
   * Returns the events of an evaluation, and reports the policies that threw or took too long. Both are limited for a
   * visitor who has proved nothing, who could otherwise fill the outbox and the log by opening a flow again and again.
   */
  private eventsOf(request: PolicyRequest, reply: PolicyReply, isProved: boolean): EventEffect[] {
    const { slug: flow } = request.flow_plan;
    const { ip } = request.client;
    return policyEvents(request, reply, {
      admits: (action, policy) => isProved || this.dependencies.admitsAnonymous({ action, policy, flow, ip }),
      onVerdict: ({ action, context }) => {
        if (action === 'policy_exception')
          this.dependencies.report({
            policy: context.policy,
            error: context.exception?.message ?? context.message,
            flow,
          });
      },
    });
  }

  /**
   * Builds the request for shadow conditions. Its id uses no number of the step budget, so that shadow conditions do
   * not change the ids of later requests.
   */
  private shadowRequest(run: PolicyRun, queries: PolicyQueries, question: UserQuestion): PolicyRequest {
    return this.requestOf(run, question.insertAt.id, { ...question, queries });
  }

  private requestOf(
    run: PolicyRun,
    number: number | string,
    { plan, method, user, queries, ...question }: UserQuestion & { readonly queries: PolicyQueries },
  ) {
    const { request, site, locale } = run.context;
    const { reputation } = run;
    const version = question.policies ? { ...run.context.version, policies: question.policies } : run.context.version;
    const timeout_ms = Math.max(0, Math.floor(Math.min(this.dependencies.timeoutMs, timeLeftMs(request))));
    const { cookies: _unseen, ...client } = request.client;
    const ids = queries.map(({ id }) => id);
    const callable = callablePolicies(version, ids);
    return {
      v: PROTOCOL_VERSION,
      id: `${plan.id}.${run.revision}.${number}`,
      timeout_ms,
      locale,
      policies: queries.map(({ id, timeoutMs }) => ({
        ...findPolicy(version, id),
        timeout_ms: Math.min(timeoutMs, timeout_ms),
      })),
      ...(callable.length > 0 && { callable }),
      user: user ?? null,
      ...(site.api_version !== '2024.8' && { visitor: run.session.sessionUser ?? null }),
      ...{ client, site, method: method ?? 'GET' },
      ...(reputation.length > 0 && { reputation }),
      flow_plan: { id: version.flow.id, slug: version.flow.slug, context: plan.context },
      context: {},
    } satisfies PolicyRequest;
  }

  /** Returns the plan with the facts that the policies set and removed, and the steps that they inserted. */
  private async changedPlan(run: PolicyRun, { plan, insertAt }: PolicyQuestion, reply: PolicyReply): Promise<Plan> {
    const { sessionUser } = run.session;
    const { context, insert } = reply;
    const facts = {
      ...{ pendingUser: plan.context.pending_user, provedUser: plan.proved_user, sessionUser },
      ownFact: (name: string) => this.dependencies.contracts.ownFact(name, run.context.version),
    };
    const [violation] = [...policyViolations(reply, facts), ...this.misfits(insert, run.context.version)];
    if (violation) throw new Problem('stage_fault', { detail: `a policy ${violation}` });
    const removed = Object.fromEntries(context.unset.map((key) => [key, null]));
    const named = context.set['pending_user'] as User | undefined;
    const user = named && (await this.directoryUser(named, [plan.context.pending_user, sessionUser ?? undefined]));
    const patch = { ...context.set, ...(user && { pending_user: user }), ...removed };
    const next = insertSteps(plan, insertAt, insert);
    return Object.keys(patch).length > 0 ? withPolicyFacts(next, patch) : next;
  }

  /** Returns the user whom a policy named, with the properties that the directory has: a policy cannot change them. */
  private async directoryUser(named: User, candidates: readonly (User | undefined)[]): Promise<User> {
    if (named.kind !== 'saved') return withoutBackend(named);
    const loaded = candidates.find((user) => userKey(user) === named.uuid);
    const found = loaded ?? (await this.dependencies.users.find(named.uuid));
    if (!found) throw new Problem('stage_fault', { detail: 'a policy names a user who does not exist' });
    return loaded ?? toSavedUser(found as SavedUser);
  }

  private misfits(insert: PolicyReply['insert'], version: FlowVersion): string[] {
    return (insert?.steps ?? []).flatMap((step) => {
      if (!('kind' in step)) return [];
      const fits = this.dependencies.contracts.find(step.kind, version)?.config.safeParse(step.config).success;
      return fits
        ? []
        : [`inserts a step of kind ${step.kind}, which is unknown or has a config that does not match its schema`];
    });
  }
}

/** Returns whether the visitor is logged in, or has proved in this plan to be a user. */
const hasProof = ({ context, session }: PolicyRun, { context: facts, proved_user }: Plan): boolean =>
  proved_user !== undefined || actorOf({ context, session, facts }).type !== 'anonymous';
