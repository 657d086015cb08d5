import { boolean, char, integer, type PolicyContract } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

/** What every policy has beside its name and its config (docs/spec/policies.md#kinds). */
export const policyCommons = { execution_logging: boolean().default(false) };

/** The model of a policy, out of its contract. */
export const policyModel = ({ model, config, admit, source }: PolicyContract): ObjectModel => ({
  name: model,
  kind: 'policy',
  key: ['name'],
  schema: config.extend({ name: char(), ...policyCommons }),
  references: new Map(),
  parents: [],
  ...(admit && { check: admit }),
  ...(source !== undefined && { python: { [source]: true } as const }),
});

const id = () => char().nullable().default(null);

/** A condition on a flow or on a stage's place in one (docs/spec/policies.md#bindings). `user` is kept as a uuid. */
export const policyBindingSchema = z.object({
  target: char(),
  policy: id(),
  group: id(),
  user: id(),
  order: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  enabled: boolean().default(true),
  negate: boolean().default(false),
  timeout: integer({ min: 0, max: 2 ** 31 - 1 }).default(30),
  failure_result: boolean().default(false),
});

const CONDITIONS = ['policy', 'group', 'user'] as const;
const TOO_MANY = "Only one of 'policy', 'group' or 'user' can be set.";
const NONE = "One of 'policy', 'group' or 'user' must be set.";

/** Conditions as blueprint objects: gone with what they are bound to. */
export const policyBindingModel: ObjectModel = {
  name: 'authentik_policies.policybinding',
  kind: 'policybinding',
  key: ['policy', 'target', 'order'],
  schema: policyBindingSchema,
  references: new Map([
    ['target', { to: 'target' }],
    ['policy', { to: 'policy' }],
    ['group', { to: 'group' }],
    ['user', { to: 'user' }],
  ]),
  parents: ['target', 'policy'],
  // One that is switched off guards nothing, and goes with its policy.
  guards: ({ enabled }) => (enabled === false ? [] : ['policy']),
  check: (values) => {
    const set = CONDITIONS.filter((condition) => typeof values[condition] === 'string').length;
    return set === 1 ? {} : { non_field_errors: [{ text: set > 1 ? TOO_MANY : NONE }] };
  },
};
