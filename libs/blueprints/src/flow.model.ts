import { boolean, char, choice, integer } from '@gatehouse/contracts';
import { DENIED_ACTIONS, DESIGNATIONS, INVALID_RESPONSE_ACTIONS, LAYOUTS, REQUIREMENTS } from '@gatehouse/plan';
import { z } from 'zod';
import type { ObjectModel } from './object-model.js';

const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
const NOT_A_SLUG = 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.';
const BOUND_MODES = ['any', 'all'] as const;

/** A flow (docs/spec/blueprints.md#flow). */
export const flowSchema = z.object({
  slug: char().refine((slug) => SLUG.test(slug), { error: NOT_A_SLUG }),
  name: char(),
  title: char(),
  designation: choice(DESIGNATIONS),
  background: char({ maxLength: 500, allowBlank: true }).nullable().default(null),
  layout: choice(LAYOUTS).optional(),
  compatibility_mode: boolean().default(false),
  denied_action: choice(DENIED_ACTIONS).default('message_continue'),
  authentication: choice(REQUIREMENTS).default('none'),
  policy_engine_mode: choice(BOUND_MODES).default('any'),
});

/** A flow stage binding (docs/spec/blueprints.md#flow-stage-binding). */
export const bindingSchema = z.object({
  target: char(),
  stage: char(),
  order: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  evaluate_on_plan: boolean().default(false),
  re_evaluate_policies: boolean().default(true),
  invalid_response_action: choice(INVALID_RESPONSE_ACTIONS).default('retry'),
  policy_engine_mode: choice(BOUND_MODES).default('any'),
});

/** The model of flows, which are unique by slug. */
export const flowModel: ObjectModel = {
  name: 'authentik_flows.flow',
  kind: 'flow',
  key: ['slug'],
  schema: flowSchema,
  references: new Map(),
  parents: [],
};

const NEVER_EVALUATED = 'Either evaluation on plan or evaluation on run must be enabled';

/**
 * The model of flow stage bindings. Removing a flow or a stage removes its bindings. A stage that verifies a
 * credential, or that denies every user, cannot be removed while it is bound.
 */
export const bindingModel: ObjectModel = {
  name: 'authentik_flows.flowstagebinding',
  kind: 'binding',
  key: ['target', 'stage', 'order'],
  schema: bindingSchema,
  references: new Map([
    ['target', { to: 'flow' }],
    ['stage', { to: 'stage' }],
  ]),
  parents: ['target', 'stage'],
  guards: ({ stage }, protects) => (protects(stage) ? ['stage'] : []),
  check: (values) =>
    values['evaluate_on_plan'] || values['re_evaluate_policies']
      ? {}
      : { non_field_errors: [{ text: NEVER_EVALUATED }] },
};
