import {
  type Effect,
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
  type InsertionPoint,
  insertSteps,
  isUnconditional,
  type Plan,
  type PolicySet,
  type PolicyVerdict,
  policyViolations,
  queriesFor,
  userKey,
  withoutBackend,
  withPolicyFacts,
} from '@gatehouse/plan';
import type { GroupMembershipStore } from './group-memberships.js';
import { toSavedUser } from './plan-store.js';
import type { PolicyClient } from './policy-client.js';
import { policyEvents } from './policy-events.js';
import type { StageContractRegistry } from './stage-client.js';
import type { Situation } from './stage-request.js';
import type { UserDirectory } from './user-directory.js';

/** A policy that could not decide. */
export interface UndecidedPolicy {
  readonly policy: string;
  readonly error: string;
}

interface Dependencies {
  readonly policies: PolicyClient;
  readonly memberships: GroupMembershipStore;
  readonly users: UserDirectory;
  readonly contracts: StageContractRegistry;
  /** Milliseconds that the policies of one set may take together. */
  readonly timeoutMs: number;
  /** Called with each policy that could not decide. */
  readonly report: (undecided: UndecidedPolicy) => void;
}

/** What a set decided, and the plan as its policies left it. */
export interface PolicyDecision extends PolicyVerdict {
  readonly plan: Plan;
  /** What is to happen with the plan's save. */
  readonly effects: readonly Effect[];
}

/** A step that is there under conditions, and where it stands in the plan. */
interface ConditionalStep extends InsertionPoint {
  readonly kind: string;
  readonly policies: PolicySet;
}

interface PolicyExchange extends Pick<PolicyDecision, 'effects'> {
  readonly reply: PolicyReply;
}

type PolicyQueries = ReturnType<typeof queriesFor>['policies'];

const EMPTY_REPLY: PolicyReply = { results: {}, context: { set: {}, unset: [] } };
const NO_GROUPS: ReadonlySet<string> = new Set();

/** Decides by sets of conditions (docs/spec/policies.md#policy-sets), asking only what they need. */
export class PolicyEngine {
  constructor(private readonly parts: Dependencies) {}

  /**
   * What a set says of whoever the plan is about; `maker` stands before what its policies add to the plan. Throws Problem
   * when that cannot be known: nothing is decided then, and no door opens.
   */
  async decide(situation: Situation, set: PolicySet, maker: InsertionPoint): Promise<PolicyDecision> {
    const { plan } = situation;
    if (isUnconditional(set)) return { pass: true, messages: [], undecided: false, plan, effects: [] };
    const user = plan.context.pending_user ?? situation.sessionUser ?? undefined;
    const { groups, policies } = queriesFor(set);
    const [belongsTo, { reply, effects }] = await Promise.all([
      this.groupsOf(user, groups),
      this.ask(situation, user, policies),
    ]);
    const verdict = evaluatePolicySet(set, { user, groups: belongsTo, results: reply.results });
    return { ...verdict, plan: await this.changed(situation, reply, maker), effects };
  }

  /**
   * Whether a step is run, as its set says. Where that is no only because a policy could not decide, the step is left out
   * if it would give somebody something, and run if it does not: no door opens either way
   * (docs/security.md#accident-1).
   */
  async decideStep(situation: Situation, { policies, kind, ...maker }: ConditionalStep): Promise<PolicyDecision> {
    const decision = await this.decide(situation, policies, maker);
    const grants = this.parts.contracts.find(kind, situation.version)?.grants;
    return decision.undecided && !grants ? { ...decision, pass: true } : decision;
  }

  private async groupsOf(user: User | undefined, groups: readonly string[]): Promise<ReadonlySet<string>> {
    if (user?.kind !== 'saved' || groups.length === 0) return NO_GROUPS;
    return this.parts.memberships.among(user.uuid, groups);
  }

  private async ask(situation: Situation, user: User | undefined, wanted: PolicyQueries): Promise<PolicyExchange> {
    if (wanted.length === 0) return { reply: EMPTY_REPLY, effects: [] };
    situation.turns.refuseMore();
    const request = this.requestOf(situation, user, wanted);
    const reply = await this.parts.policies.evaluate(request);
    for (const { id, name } of request.policies) {
      const error = reply.results[id]?.error;
      if (error !== undefined) this.parts.report({ policy: name, error });
    }
    return { reply, effects: policyEvents(request, reply) };
  }

  private requestOf(situation: Situation, user: User | undefined, wanted: PolicyQueries): PolicyRequest {
    const { request, version, plan, site, revision, turns, timeLeftMs, locale, reputation = [] } = situation;
    const timeout_ms = Math.max(0, Math.floor(Math.min(this.parts.timeoutMs, timeLeftMs())));
    const { cookies: _unseen, ...client } = request.client;
    const callable = callablePolicies(
      version,
      wanted.map(({ id }) => id),
    );
    return {
      v: PROTOCOL_VERSION,
      id: `${plan.id}.${revision}.${turns.next()}`,
      timeout_ms,
      locale,
      policies: wanted.map(({ id, timeoutMs }) => ({
        ...findPolicy(version, id),
        timeout_ms: Math.min(timeoutMs, timeout_ms),
      })),
      ...(callable.length > 0 && { callable }),
      user: user ?? null,
      ...{ client, site, method: situation.method ?? 'GET' },
      ...(reputation.length > 0 && { reputation }),
      flow_plan: { slug: version.flow.slug, context: plan.context },
      context: {},
    };
  }

  /** The plan with what the policies set, took away and added. */
  private async changed(situation: Situation, reply: PolicyReply, maker: InsertionPoint): Promise<Plan> {
    const { plan, version, sessionUser } = situation;
    const { context, insert } = reply;
    const given = { pendingUser: plan.context.pending_user, provedUser: plan.proved_user, sessionUser };
    const [excess] = [...policyViolations(reply, given), ...this.misfits(insert, version)];
    if (excess) throw new Problem('stage_fault', { detail: `a policy ${excess}` });
    const gone = Object.fromEntries(context.unset.map((key) => [key, null]));
    const user = context.set['pending_user'] as User | undefined;
    const patch = { ...context.set, ...(user && { pending_user: await this.known(situation, user) }), ...gone };
    const next = insertSteps(plan, maker, insert);
    return Object.keys(patch).length > 0 ? withPolicyFacts(next, patch) : next;
  }

  /** The user whom policies name. What is known of a saved user comes from the directory, and is not for policies to say. */
  private async known({ plan, sessionUser }: Situation, named: User): Promise<User> {
    if (named.kind !== 'saved') return withoutBackend(named);
    const present = [plan.context.pending_user, sessionUser ?? undefined].find((user) => userKey(user) === named.uuid);
    const found = present ?? (await this.parts.users.find(named.uuid));
    if (!found) throw new Problem('stage_fault', { detail: 'a policy names a user who does not exist' });
    return present ?? toSavedUser(found as SavedUser);
  }

  private misfits(insert: PolicyReply['insert'], version: FlowVersion): string[] {
    return (insert?.steps ?? []).flatMap((step) => {
      if (!('kind' in step)) return [];
      const fits = this.parts.contracts.find(step.kind, version)?.config.safeParse(step.config).success;
      return fits ? [] : [`inserts a step of kind ${step.kind} that cannot be one`];
    });
  }
}
