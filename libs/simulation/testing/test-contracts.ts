import { defineStage, type StageContract, type StageProof } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ContractLookup } from '../src/contract-lookup.js';

const anyObject = z.looseObject({});
const contract = (kind: string, more: Partial<StageContract> = {}): StageContract => ({
  ...defineStage({
    ...{ kind, component: `ak-stage-${kind}`, model: `test.${kind}`, service: 'test', config: anyObject },
    ...{ challenge: anyObject, response: anyObject, state: anyObject },
  }),
  ...more,
});
const silent = { component: undefined } as const;
const proving = (kind: string, proof: StageProof, more: Partial<StageContract> = {}) =>
  contract(kind, { reads: { pending_user: 'optional' }, proves: () => proof, writes: ['verified_user'], ...more });

/**
 * `ident` names the user. It embeds the stage of its config field `inner`, and as an alternative the stage of `key`.
 * `password` is a first factor. `device`, `lax_device` and `new_device` are second factors: for a user without one,
 * they deny, pass, or insert a setup. `key` identifies by a credential. `writer` creates a user. `change` changes
 * credentials. `page` shows a form. `silent` shows nothing.
 */
const CONTRACTS = [
  contract('ident', {
    writes: ['pending_user'],
    identifies: 'by_name',
    embeds: {
      inner: { field: 'password', error: 'wrong' },
      key: { ...{ field: 'key', error: 'wrong', asks: 'key' }, alternative: { shown: () => null, errors: {} } },
    },
  }),
  proving('password', { factor: 'first', if_missing: 'refused' }),
  proving('device', { factor: 'further', if_missing: 'refused' }),
  proving('lax_device', { factor: 'further', if_missing: 'let_in' }),
  proving('new_device', { factor: 'further', if_missing: 'set_up' }, { inserts: ['page'] }),
  proving('key', { factor: 'first', if_missing: 'refused' }, { identifies: 'by_proof', writes: ['pending_user'] }),
  contract('writer', {
    ...silent,
    writes: ['pending_user'],
    identifies: 'by_writing',
    changes_user: true,
    grants: true,
  }),
  contract('change', { ...silent, changes_credentials: () => true, grants: true }),
  contract('login', { ...silent, reads: { pending_user: 'optional' }, effects: ['login'], grants: true }),
  contract('logout', { ...silent, effects: ['logout'] }),
  contract('deny', { ...silent, ends: true }),
  contract('away', { forecast: () => ({ passes: false }) }),
  contract('needy', { reads: { title: 'required' } }),
  contract('page'),
  contract('silent', silent),
];

/** The contracts of the stages that specs of the simulation use. */
export const testContracts: ContractLookup = {
  find: (kind) => CONTRACTS.find((candidate) => candidate.kind === kind),
  proofSteps: () => [{ kind: 'password', config: {}, factor: 'password' }],
  mayChangePlan: ({ config }) => config['changes'] === true,
};
