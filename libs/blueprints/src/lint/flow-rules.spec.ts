import { defineStage, type StageProof } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { objectModels } from '../models.js';
import { ExternalReferences } from './external-references.js';
import { flowRemarks } from './flow-rules.js';
import { LintDraft } from './lint-draft.js';
import { lintedFlows } from './linted-flow.js';

const none = z.object({});
const shapes = { challenge: none, response: none, state: none, component: undefined, service: 'test', config: none };
const proving = (kind: string, proof: StageProof) =>
  defineStage({ ...shapes, kind, model: `app.${kind}`, proves: () => proof });
const kinds = [
  proving('lax', { factor: 'further', if_missing: 'let_in' }),
  proving('strict', { factor: 'further', if_missing: 'refused' }),
  proving('enrolling', { factor: 'further', if_missing: 'set_up' }),
  defineStage({ ...shapes, kind: 'naming', model: 'app.naming', identifies: 'by_name' }),
  defineStage({ ...shapes, kind: 'login', model: 'app.login', effects: ['login'] }),
];
const contracts = { stages: new Map(kinds.map((contract) => [contract.model, contract])), policies: new Map() };

/** Returns the remarks on a flow of these stages, whose first binding has these policy bindings. */
function remarks(stages: readonly string[], conditions: readonly object[] = [], flow: object = {}) {
  const draft = new LintDraft(objectModels(contracts), new ExternalReferences());
  const values = { slug: 'f', name: 'F', title: 'F', designation: 'authentication', ...flow };
  draft.put({ id: 'flow', model: 'authentik_flows.flow', values });
  for (const [order, kind] of stages.entries()) {
    draft.put({ id: kind, model: `app.${kind}`, values: { name: kind } });
    const bound = { target: 'flow', stage: kind, order };
    draft.put({ id: `at ${order}`, model: 'authentik_flows.flowstagebinding', values: bound });
  }
  for (const [order, values] of conditions.entries()) {
    const bound = { target: 'at 0', group: 'staff', order, enabled: true, ...values };
    draft.put({ id: `condition ${order}`, model: 'authentik_policies.policybinding', values: bound });
  }
  return lintedFlows(draft, contracts)
    .flatMap(flowRemarks)
    .map(({ rule, objectId }) => `${rule} ${objectId}`);
}

describe('mfa-skippable', () => {
  it('is reported for a second factor that users without a device can skip', () => {
    expect(remarks(['lax', 'login'])).toEqual(['login-without-credential at 1', 'mfa-skippable at 0']);
  });
  it('is not reported for a second factor that refuses users without a device', () => {
    expect(remarks(['strict', 'login'])).toEqual([]);
  });
});

describe('mfa-conditional', () => {
  it('is reported for a second factor with a policy binding', () => {
    expect(remarks(['strict', 'login'], [{}])).toEqual(['mfa-conditional at 0']);
  });
  it('is not reported when all its policy bindings are disabled', () => {
    expect(remarks(['strict', 'login'], [{ enabled: false }])).toEqual([]);
  });
});

describe('login-without-credential', () => {
  it('is reported when an anonymous visitor could enrol a device during the login', () => {
    expect(remarks(['enrolling', 'login'])).toEqual(['login-without-credential at 1']);
  });
  it('is reported when the credential is verified after the login', () => {
    expect(remarks(['login', 'strict'])).toEqual(['login-without-credential at 0']);
  });
  it('is reported for a flow that requires a redirect if a stage in it lets the visitor name the user', () => {
    const flow = { authentication: 'require_redirect' };
    expect(remarks(['login'], [], flow)).toEqual(['login-by-policy-only at 0']);
    expect(remarks(['naming', 'login'], [], flow)).toEqual(['login-without-credential at 1']);
  });
  it('is not reported for flows that only a mailed link or a recovery link opens', () => {
    expect(remarks(['login'], [], { designation: 'recovery', authentication: 'require_token' })).toEqual([]);
  });
  it('is not reported for flows that require authentication, or for enrolment flows', () => {
    expect(remarks(['login'], [], { authentication: 'require_authenticated' })).toEqual([]);
    expect(remarks(['login'], [], { designation: 'enrollment' })).toEqual([]);
  });
});
