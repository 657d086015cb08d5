import { boolean, char, integer, type PolicyContract } from '@gatehouse/contracts';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

/** Fields that all policies have in addition to their name and config (docs/spec/policies.md#kinds). */
export const policyCommons = {
  execution_logging: boolean().default(false).describe('Whether each evaluation is recorded as an event.'),
};

/** Returns the model of a policy contract. */
export const policyModel = ({
  model,
  config,
  api_version: apiVersion,
  validate,
  pythonField: source,
}: PolicyContract): ObjectModel => ({
  apiVersion,
  name: model,
  kind: 'policy',
  key: ['name'],
  schema: config.extend({ name: char().describe('Unique name of the policy.'), ...policyCommons }),
  references: new Map(),
  parents: [],
  ...(validate && { check: validate }),
  ...(source !== undefined && { python: { [source]: true } as const }),
});

const id = () => char().nullable().default(null);

/** A policy binding (docs/spec/policies.md#bindings). `user` is stored as a UUID. */
export const policyBindingSchema = z.object({
  target: char().describe('Flow, flow stage binding or application that the condition restricts.'),
  policy: id().describe('Policy that must pass. Set one of policy, group and user.'),
  group: id().describe('Group whose members pass.'),
  user: id().describe('User who passes.'),
  order: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).describe('Order of evaluation; lower numbers first.'),
  enabled: boolean().default(true).describe('Whether the condition counts.'),
  negate: boolean().default(false).describe('Whether the result is inverted.'),
  timeout: integer({ min: 0, max: 2 ** 31 - 1 })
    .default(30)
    .describe('Seconds that the policy may take.'),
  failure_result: boolean().default(false).describe('Result when the policy fails with an error.'),
  /** Absent unless it was given, because authentik has no such field. */
  shadow: boolean()
    .exactOptional()
    .describe('Whether the condition is only evaluated and recorded.')
    .meta({ since: '1.0.0' }),
});

const CONDITIONS = ['policy', 'group', 'user'] as const;
const TOO_MANY = "Only one of 'policy', 'group' or 'user' can be set.";
const NONE = "One of 'policy', 'group' or 'user' must be set.";

/**
 * The model of policy bindings. Removing a target removes its bindings. A policy cannot be removed while an enabled
 * binding uses it; disabled bindings are removed with their policy.
 */
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
  // A disabled binding restricts nothing, so it does not prevent the removal of its policy.
  guards: ({ enabled }) => (enabled === false ? [] : ['policy']),
  check: (values) => {
    const set = CONDITIONS.filter((condition) => typeof values[condition] === 'string').length;
    return set === 1 ? {} : { non_field_errors: [{ text: set > 1 ? TOO_MANY : NONE }] };
  },
};
