import type { ApiVersion, PolicyReply, PolicyRequest, User } from '@gatehouse/contracts';
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
  /** Time limit of a request for shadow conditions, in milliseconds. */
  readonly shadowTimeoutMs: number;
}

/**
 * A policy set with shadow conditions (conditions that are evaluated but not enforced), and what their evaluation
 * needs.
 */
export interface ShadowQuestion {
  readonly set: PolicySet;
  readonly user: User | undefined;
  /** The API line whose rules apply. */
  readonly apiVersion: ApiVersion;
  /** Returns the request to the policies. Changes and events in its reply are ignored. */
  readonly requestOf: (queries: PolicyQueries['policies']) => PolicyRequest;
}

/** An evaluated policy set, with the facts for its enforced bindings and for its shadow conditions. */
interface JudgedSet {
  readonly set: PolicySet;
  readonly enforced: PolicyFacts;
  readonly shadow: ShadowFacts;
  readonly version: Pick<FlowVersion, 'policies'>;
  /** The slug of the flow; `undefined` for an application's conditions, which are evaluated outside of flows. */
  readonly flow: string | undefined;
  /** Returns whether to record the event about the shadow condition with this binding id. */
  readonly admits: (binding: string) => boolean;
}

/** The verdicts of shadow conditions, and the events by which these verdicts are recorded. */
export interface ShadowRecord {
  readonly verdicts: readonly ShadowVerdict[];
  readonly effects: readonly EventEffect[];
}

const NOTHING: ShadowRecord = { verdicts: [], effects: [] };

/**
 * Evaluates shadow conditions of policy sets: they are recorded, but decide nothing
 * (docs/spec/policies.md#shadow-conditions).
 */
export class ShadowEvaluator {
  constructor(private readonly dependencies: Dependencies) {}

  /**
   * Evaluates the shadow conditions of a set, in a separate request that runs beside that of the enforced bindings.
   * Resolves to `undefined` if there are no shadow conditions, and to `{ error }` if they fail or exceed the time
   * limit. Never rejects.
   */
  async evaluate({ set, user, apiVersion, requestOf }: ShadowQuestion): Promise<ShadowFacts | undefined> {
    const shadow = shadowSetOf(set);
    if (!shadow) return undefined;
    const queries = queriesFor(shadow);
    const work = async (): Promise<ShadowFacts> => {
      const [groups, { results }] = await Promise.all([
        this.groupsOf(user, queries.groups),
        this.ask(queries.policies, requestOf),
      ]);
      return { user, groups, results, apiVersion };
    };
    return this.withinLimit(work().catch((error: unknown) => ({ error: messageOf(error) })));
  }

  /** Returns the verdicts of shadow conditions with their events, and reports them to the observer. */
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
