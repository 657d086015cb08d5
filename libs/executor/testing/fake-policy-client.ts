import type { PolicyReply, PolicyRequest, Problem } from '@gatehouse/contracts';
import type { PolicySet } from '@gatehouse/plan';
import { PolicyClient } from '../src/ports/clients.js';
import { GroupMembershipStore } from '../src/ports/directory.js';

type Binding = PolicySet['bindings'][number];

/** Returns a policy binding. Fields that `more` does not set have the defaults of blueprints. */
export const policyBindingOf = (more: Partial<Binding> & Pick<Binding, 'id'>): Binding => ({
  order: 0,
  enabled: true,
  negate: false,
  timeout_s: 30,
  failure_result: false,
  ...more,
});

/** Returns a set of bindings in mode `any`. Their ids are `c0`, `c1` and so on. */
export const policySetOf = (...bindings: Partial<Binding>[]): PolicySet => ({
  mode: 'any',
  bindings: bindings.map((binding, order) => policyBindingOf({ id: `c${order}`, order, ...binding })),
});

type FakePolicyReply = Partial<PolicyReply> | Problem | boolean;

/**
 * Replies with the results that a test has set by policy id. Policies without a set result pass. Records every request.
 */
export class FakePolicyClient extends PolicyClient {
  readonly requests: PolicyRequest[] = [];
  readonly replies: Record<string, FakePolicyReply | (() => FakePolicyReply)> = {};

  async evaluate(request: PolicyRequest): Promise<PolicyReply> {
    this.requests.push(request);
    const replies = request.policies.map(({ id }) => this.replyOf(id));
    return replies.reduce((a, b) => ({ ...a, ...b, results: { ...a.results, ...b.results } }));
  }

  /** Returns the number of requests that contain a policy. */
  count(id: string): number {
    return this.requests.filter(({ policies }) => policies.some((policy) => policy.id === id)).length;
  }

  private replyOf(id: string): PolicyReply {
    const script = this.replies[id] ?? true;
    const reply = typeof script === 'function' ? script() : script;
    if (reply instanceof Error) throw reply;
    const result = { pass: reply !== false, messages: reply === false ? [`${id} says no`] : [] };
    return { results: { [id]: result }, context: { set: {}, unset: [] }, ...(typeof reply === 'object' ? reply : {}) };
  }
}

/** Group memberships that a test sets: the groups of each user, by user id. */
export class InMemoryGroupMembershipStore extends GroupMembershipStore {
  readonly groups = new Map<string, readonly string[]>();
  lookups = 0;

  async filterGroups(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>> {
    this.lookups++;
    return new Set((this.groups.get(userId) ?? []).filter((group) => groups.includes(group)));
  }
}
