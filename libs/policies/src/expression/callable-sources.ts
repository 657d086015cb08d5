import type { PolicyInput } from '../policy.js';

/**
 * Returns the Python sources of all expression policies that a policy may call, directly or indirectly, by policy name.
 */
export function callableSources({ calls, request }: Pick<PolicyInput, 'calls' | 'request'>): Record<string, string> {
  const sources: Record<string, string> = {};
  const ids = new Set(calls);
  for (const id of ids) {
    const policy = request.callable?.find((callable) => callable.id === id);
    for (const called of policy?.calls ?? []) ids.add(called);
    const source = policy?.config['expression'];
    // Policies of other kinds have no Python source. The callback `call_policy` evaluates them.
    if (policy && typeof source === 'string') sources[policy.name] = source;
  }
  return sources;
}
