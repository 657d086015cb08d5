import type { PolicyReply, PolicyRequest, Problem } from '@gatehouse/contracts';
import type { PolicySet } from '@gatehouse/plan';
import { PolicyClient } from '../src/ports/clients.js';
import { GroupMembershipStore } from '../src/ports/directory.js';

type Binding = PolicySet['bindings'][number];

/** A condition with the blueprints' defaults. */
export const conditionOf = (more: Partial<Binding> & Pick<Binding, 'id'>): Binding => ({
  order: 0,
  enabled: true,
  negate: false,
  timeout_s: 30,
  failure_result: false,
  ...more,
});

/** A set of conditions, named by their place, any of which will do. */
export const setOf = (...bindings: Partial<Binding>[]): PolicySet => ({
  mode: 'any',
  bindings: bindings.map((binding, order) => conditionOf({ id: `c${order}`, order, ...binding })),
});

type FakePolicyAnswer = Partial<PolicyReply> | Problem | boolean;

/** Policies that say what a test wants, by policy id, and remember what they were asked. */
export class FakePolicyClient extends PolicyClient {
  readonly requests: PolicyRequest[] = [];
  readonly said: Record<string, FakePolicyAnswer | (() => FakePolicyAnswer)> = {};

  async evaluate(request: PolicyRequest): Promise<PolicyReply> {
    this.requests.push(request);
    const replies = request.policies.map(({ id }) => this.reply(id));
    return replies.reduce((a, b) => ({ ...a, ...b, results: { ...a.results, ...b.results } }));
  }

  /** How often a policy was asked for. */
  count(id: string): number {
    return this.requests.filter(({ policies }) => policies.some((policy) => policy.id === id)).length;
  }

  private reply(id: string): PolicyReply {
    const script = this.said[id] ?? true;
    const said = typeof script === 'function' ? script() : script;
    if (said instanceof Error) throw said;
    const result = { pass: said !== false, messages: said === false ? [`${id} says no`] : [] };
    return { results: { [id]: result }, context: { set: {}, unset: [] }, ...(typeof said === 'object' ? said : {}) };
  }
}

/** Who is where, by user id. */
export class InMemoryGroupMembershipStore extends GroupMembershipStore {
  readonly groups = new Map<string, readonly string[]>();
  lookups = 0;

  async among(userId: string, groups: readonly string[]): Promise<ReadonlySet<string>> {
    this.lookups++;
    return new Set((this.groups.get(userId) ?? []).filter((group) => groups.includes(group)));
  }
}
