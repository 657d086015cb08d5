import { boolean, changedIn2026, char, choice, integer, withNewerValues } from '@gatehouse/contracts';
import {
  ARRIVAL_REQUIREMENTS,
  DENIED_ACTIONS,
  DESIGNATIONS,
  FRAME_LAYOUTS,
  INVALID_RESPONSE_ACTIONS,
  LAYOUTS,
  REQUIREMENTS,
} from '@gatehouse/plan';
import { z } from 'zod';
import { blockedPictures, mediaNameError } from './media-name.js';
import type { ObjectModel } from './object-model.js';

const SLUG = /^[-a-zA-Z0-9_]+$/;
/** Largest length of a slug under 2026.8 and under 2024.8. authentik 2026.8 has no limit, but a URL needs one. */
const [MAX_SLUG, MAX_OLDER_SLUG] = [255, 50];
/** Largest length of a background under 2026.8 and under 2024.8. */
const [MAX_BACKGROUND, MAX_OLDER_BACKGROUND] = [1024, 500];
const NOT_A_SLUG = 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.';
const BOUND_MODES = ['any', 'all'] as const;

const slug = (maxLength: number) => char({ maxLength }).refine((text) => SLUG.test(text), { error: NOT_A_SLUG });
const background = (maxLength: number) => char({ maxLength, allowBlank: true }).nullable();

/** A flow (docs/spec/blueprints.md#flow). */
export const flowSchema = z.object({
  slug: changedIn2026(slug(MAX_SLUG), slug(MAX_OLDER_SLUG)).describe('Name of the flow in URLs; unique.'),
  name: char().describe('Name for administrators.'),
  title: char().describe('Title that visitors see.'),
  designation: choice(DESIGNATIONS).describe('What the flow is for.'),
  background: changedIn2026(background(MAX_BACKGROUND).default(null), background(MAX_OLDER_BACKGROUND)).describe(
    'Picture behind the page. Null: that of the brand.',
  ),
  layout: withNewerValues(choice(LAYOUTS), FRAME_LAYOUTS)
    .optional()
    .describe('Place of the card on the page. Absent: that of the brand.'),
  compatibility_mode: boolean().default(false).describe("No effect; kept for authentik's files."),
  denied_action: choice(DENIED_ACTIONS)
    .default('message_continue')
    .describe('What visitors get to whom the flow does not apply: a message, or a redirect (continue).'),
  authentication: withNewerValues(choice(REQUIREMENTS), ARRIVAL_REQUIREMENTS)
    .default('none')
    .describe('Who may run the flow.'),
  policy_engine_mode: choice(BOUND_MODES)
    .default('any')
    .describe('Whether any or all of the bound policies must pass.'),
});

/** A flow stage binding (docs/spec/blueprints.md#flow-stage-binding). */
export const bindingSchema = z.object({
  target: char().describe('Flow that gets the stage.'),
  stage: char().describe('Stage that the flow runs.'),
  order: integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).describe('Place in the flow; lower numbers run first.'),
  evaluate_on_plan: boolean().default(false).describe('Whether the policies are evaluated when the flow starts.'),
  re_evaluate_policies: boolean().default(true).describe('Whether the policies are evaluated right before the stage.'),
  invalid_response_action: choice(INVALID_RESPONSE_ACTIONS)
    .default('retry')
    .describe('What a wrong answer does: ask again, or restart the flow with or without its context.'),
  policy_engine_mode: choice(BOUND_MODES)
    .default('any')
    .describe('Whether any or all of the bound policies must pass.'),
});

/** The model of flows, which are unique by slug. */
export const flowModel: ObjectModel = {
  name: 'authentik_flows.flow',
  kind: 'flow',
  key: ['slug'],
  schema: flowSchema,
  references: new Map(),
  parents: [],
  ignores: (values) => blockedPictures(values, 'background'),
  // Not a part of the schema, because the schema must also read backgrounds that were stored before this rule existed.
  check: ({ background: name }) => {
    const text = mediaNameError(String(name ?? ''));
    return text === undefined ? {} : { background: [{ text }] };
  },
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
