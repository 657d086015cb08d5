import type { PolicyInput } from '../policy.js';

/** The sources of the expressions that one may call, and of those that these may call, by the names of their policies. */
export function callableSources({ calls, request }: Pick<PolicyInput, 'calls' | 'request'>): Record<string, string> {
  const sources: Record<string, string> = {};
  const ids = new Set(calls);
  for (const id of ids) {
    const policy = request.callable?.find((one) => one.id === id);
    for (const called of policy?.calls ?? []) ids.add(called);
    const source = policy?.config['expression'];
    // A kind without a source is evaluated outside of Python.
    if (policy && typeof source === 'string') sources[policy.name] = source;
  }
  return sources;
}
