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
  proving('lax', { factor: 'further', otherwise: 'let_in' }),
  proving('strict', { factor: 'further', otherwise: 'refused' }),
  proving('enrolling', { factor: 'further', otherwise: 'set_up' }),
  defineStage({ ...shapes, kind: 'door', model: 'app.door', effects: ['login'] }),
];
const contracts = { stages: new Map(kinds.map((contract) => [contract.model, contract])), policies: new Map() };

/** What is said of a flow of these stages; the policies on the first of them as they are given. */
function remarks(stages: readonly string[], conditions: readonly object[] = [], flow: object = {}) {
  const draft = new LintDraft(objectModels(contracts), new ExternalReferences());
  const values = { slug: 'f', name: 'F', title: 'F', designation: 'authentication', ...flow };
  draft.put({ id: 'flow', model: 'authentik_flows.flow', values });
  for (const [order, kind] of stages.entries()) {
    draft.put({ id: kind, model: `app.${kind}`, values: { name: kind } });
    const bound = { target: 'flow', stage: kind, order };
    draft.put({ id: `at ${order}`, model: 'authentik_flows.flowstagebinding', values: bound });
  }
  for (const [order, given] of conditions.entries()) {
    const bound = { target: 'at 0', group: 'staff', order, enabled: true, ...given };
    draft.put({ id: `condition ${order}`, model: 'authentik_policies.policybinding', values: bound });
  }
  return lintedFlows(draft, contracts)
    .flatMap(flowRemarks)
    .map(({ rule, about }) => `${rule} ${about}`);
}

describe('mfa-skippable', () => {
  it('is said of a further factor that lets those pass who have none, which proves nothing either', () => {
    expect(remarks(['lax', 'door'])).toEqual(['login-without-credential at 1', 'mfa-skippable at 0']);
  });
  it('is not said of one that refuses them', () => {
    expect(remarks(['strict', 'door'])).toEqual([]);
  });
});

describe('mfa-conditional', () => {
  it('is said of a further factor that policies can leave out', () => {
    expect(remarks(['strict', 'door'], [{}])).toEqual(['mfa-conditional at 0']);
  });
  it('is not said where all of them are switched off', () => {
    expect(remarks(['strict', 'door'], [{ enabled: false }])).toEqual([]);
  });
});

describe('login-without-credential', () => {
  it('is said where strangers could set their proof up as they go', () => {
    expect(remarks(['enrolling', 'door'])).toEqual(['login-without-credential at 1']);
  });
  it('is said where the credential comes after the login', () => {
    expect(remarks(['door', 'strict'])).toEqual(['login-without-credential at 0']);
  });
  it('is not said of a flow for those who are logged in, nor of one that enrols', () => {
    expect(remarks(['door'], [], { authentication: 'require_authenticated' })).toEqual([]);
    expect(remarks(['door'], [], { designation: 'enrollment' })).toEqual([]);
  });
});
