import type { PolicyReply, PolicyRequest, User } from '@gatehouse/contracts';
import {
  type FlowVersion,
  type PolicyFacts,
  type PolicyQueries,
  type PolicySet,
  queriesFor,
  type ShadowFacts,
  type ShadowVerdict,
  shadowSetOf,
  shadowVerdicts,
} from '@gatehouse/plan';
import type { EventEffect } from './effects.js';
import type { PolicyClient } from './ports/clients.js';
import type { GroupMembershipStore } from './ports/directory.js';
import type { FlowObserver } from './ports/flow-observer.js';

interface Dependencies {
  readonly policies: PolicyClient;
  readonly memberships: GroupMembershipStore;
  readonly observer: FlowObserver;
  /** Milliseconds that a request waits for shadow conditions. */
  readonly shadowTimeoutMs: number;
}

/** A policy set with shadow conditions, and what their evaluation needs. */
export interface ShadowQuestion {
  readonly set: PolicySet;
  readonly user: User | undefined;
  /** Returns the request for policies. Its changes and events are dropped. */
  readonly requestOf: (queries: PolicyQueries['policies']) => PolicyRequest;
}

/** The evaluated set, and the facts of its enforced bindings and of its shadow conditions. */
interface JudgedSet {
  readonly set: PolicySet;
  readonly enforced: PolicyFacts;
  readonly shadow: ShadowFacts;
  readonly version: Pick<FlowVersion, 'policies'>;
  /** The slug of the flow; `undefined` for the conditions of an application outside of flows. */
  readonly flow: string | undefined;
  /** Returns whether the event about the condition with this id is recorded. */
  readonly admits: (binding: string) => boolean;
}

/** The verdicts of shadow conditions, and the events that record them. */
export interface ShadowRecord {
  readonly verdicts: readonly ShadowVerdict[];
  readonly effects: readonly EventEffect[];
}

const NOTHING: ShadowRecord = { verdicts: [], effects: [] };

/**
 * Evaluates the shadow conditions of policy sets, which change nothing but what is recorded
 * (docs/spec/policies.md#shadow-conditions).
 */
export class ShadowEvaluator {
  constructor(private readonly dependencies: Dependencies) {}

  /**
   * Evaluates the shadow conditions of a set in a request of their own, beside the enforced bindings. Resolves to
   * `undefined` if there are none, and to an error if they fail or exceed the time limit. Never rejects.
   */
  async evaluate({ set, user, requestOf }: ShadowQuestion): Promise<ShadowFacts | undefined> {
    const shadow = shadowSetOf(set);
    if (!shadow) return undefined;
    const queries = queriesFor(shadow);
    const work = async (): Promise<ShadowFacts> => {
      const [groups, { results }] = await Promise.all([
        this.groupsOf(user, queries.groups),
        this.ask(queries.policies, requestOf),
      ]);
      return { user, groups, results };
    };
    return this.withinLimit(work().catch((error: unknown) => ({ error: messageOf(error) })));
  }

  /** Returns and counts the verdicts of the shadow conditions. */
  record(judged: Omit<JudgedSet, 'shadow'> & { readonly shadow: ShadowFacts | undefined }): ShadowRecord {
    const { set, enforced, shadow, version, flow, admits } = judged;
    if (!shadow) return NOTHING;
    const verdicts = shadowVerdicts(set, { enforced, shadow }, version);
    for (const { outcome, met, would_be_met } of verdicts)
      this.dependencies.observer.shadowJudged(flow, outcome, met !== would_be_met);
    const effects = verdicts.filter(({ binding }) => admits(binding)).map(eventOf);
    return { verdicts, effects };
  }

  private async groupsOf(user: User | undefined, groups: readonly string[]): Promise<ReadonlySet<string>> {
    if (user?.kind !== 'saved' || groups.length === 0) return new Set();
    return this.dependencies.memberships.filterGroups(user.uuid, groups);
  }

  private async ask(
    queries: PolicyQueries['policies'],
    requestOf: ShadowQuestion['requestOf'],
  ): Promise<Pick<PolicyReply, 'results'>> {
    if (queries.length === 0) return { results: {} };
    const request = requestOf(queries);
    const timeout_ms = Math.min(request.timeout_ms, this.dependencies.shadowTimeoutMs);
    const policies = request.policies.map((policy) => ({
      ...policy,
      timeout_ms: Math.min(policy.timeout_ms, timeout_ms),
    }));
    return this.dependencies.policies.evaluate({
      ...request,
      id: `${request.id}.shadow`,
      ...{ policies, timeout_ms, dry_run: 'shadow' },
    });
  }

  private async withinLimit(work: Promise<ShadowFacts>): Promise<ShadowFacts> {
    const { shadowTimeoutMs: ms } = this.dependencies;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<ShadowFacts>((resolve) => {
      timer = setTimeout(() => resolve({ error: `took longer than ${ms} ms` }), ms);
    });
    return Promise.race([work, limit]).finally(() => clearTimeout(timer));
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const eventOf = (verdict: ShadowVerdict): EventEffect => ({
  type: 'event',
  action: 'policy_shadow',
  context: { message: 'Shadow Policy', ...verdict },
});
