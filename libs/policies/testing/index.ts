import type { PolicyContract, PolicyRequest, SavedUser } from '@gatehouse/contracts';
import type { z } from 'zod';
import { EvaluationContext } from '../src/evaluation-context.js';
import { type PolicyInput, UndecidedPolicyError } from '../src/policy.js';

/** A saved user for tests. */
export const ALICE = {
  ...{ kind: 'saved' as const, uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
} satisfies SavedUser;

/** Returns a complete policy request. `overrides` replaces some of its members. */
export const policyRequestOf = (overrides: Partial<PolicyRequest> = {}): PolicyRequest => ({
  v: 1,
  id: '00000000-0000-4000-8000-000000000000.1.0',
  timeout_ms: 5000,
  locale: 'en',
  policies: [],
  user: null,
  client: { ip: '203.0.113.7', user_agent: 'vitest', outpost: false },
  site: {
    base_url: 'https://id.example.org',
    rp_id: 'id.example.org',
    brand: 'Example',
    flows: {},
    api_version: '2024.8',
  },
  flow_plan: { slug: 'login', context: {} },
  context: {},
  ...overrides,
});

interface PolicyInputOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly request?: Partial<PolicyRequest>;
}

/** Returns the input for a policy. Fields that `config` lacks have the defaults of the policy's schema. */
export function policyInput<Config extends z.ZodObject>(
  contract: PolicyContract<Config>,
  { config = {}, request: overrides = {} }: PolicyInputOptions = {},
): PolicyInput<PolicyContract<Config>> {
  const request = policyRequestOf(overrides);
  return {
    name: contract.kind,
    config: contract.config.parse(config),
    request,
    facts: new EvaluationContext(request),
    signal: new AbortController().signal,
    timeLeftMs: () => request.timeout_ms,
    calls: [],
    call: (name) => Promise.reject(new UndecidedPolicyError(`Policy '${name}' not found.`)),
  };
}
