import {
  boolean,
  char,
  choice,
  configuredPolicy,
  defineStage,
  type Errors,
  inlinedReferences,
  integer,
  UNIQUE_PASSWORD_KIND,
  withNewerValues,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { ALERT_TYPES, PROMPT_TYPES, promptChallenge, promptResponse } from './prompt.wire.js';

/** A field key that is forbidden, because assigning to it would change the prototype of the object of values. */
const FORBIDDEN_KEY = '__proto__';

const text = () => char({ trim: false, allowBlank: true });

const promptModelConfig = z.object({
  field_key: char().describe('Name of the value in the data of the flow.'),
  label: char().describe('Text beside the field.'),
  type: withNewerValues(choice(PROMPT_TYPES), ALERT_TYPES).describe('Kind of the field.'),
  required: boolean().default(true).describe('Whether the field must be filled in.'),
  /** Placeholder of the field. For a field with choices: the list of choices. */
  placeholder: text()
    .default('')
    .describe(
      "Text in the empty field. For a type with choices, it sets the choices: set placeholder_expression to true and enter Python such as return ['Red', 'Blue']. With API_VERSION=2026.8, a choice may also be an object with label and value. A plain text is one choice, even if it has several lines.",
    ),
  initial_value: text().default('').describe('Value at the start.'),
  sub_text: text().default('').describe('Text below the field.'),
  order: integer().default(0).describe('Place in the form. Lower numbers come first.'),
  placeholder_expression: boolean().default(false).describe('Whether the placeholder is Python.'),
  initial_value_expression: boolean().default(false).describe('Whether the initial value is Python.'),
});

/** A form field, as the blueprint configures it. */
const promptField = promptModelConfig.extend({ id: z.string(), name: z.string() });
export type PromptField = z.output<typeof promptField>;

const policy = z.object({ id: z.string(), ...configuredPolicy.shape });
/**
 * A policy that validates the response to a form. `callable` contains the other policies that its expression may call.
 */
const validationPolicy = policy.extend({ callable: z.array(policy).default([]) });
export type ValidationPolicy = z.output<typeof validationPolicy>;

const admitField = ({ field_key }: Readonly<Record<string, unknown>>): Errors =>
  field_key === FORBIDDEN_KEY ? { field_key: [{ text: 'This key is not allowed.' }] } : {};

/** Contract of the prompt stage, which shows a form and saves the values (docs/spec/stages.md#prompt). */
export const promptContract = defineStage({
  kind: 'prompt',
  component: 'ak-stage-prompt',
  model: 'authentik_stages_prompt.promptstage',
  service: 'enrollment',
  preview: {},
  acts: false,
  config: z.object({
    fields: inlinedReferences('prompt', promptField).describe('Fields of the form.'),
    validation_policies: inlinedReferences('policy', validationPolicy).describe(
      'Policies that must accept the answers.',
    ),
  }),
  related_models: [
    {
      ...{ kind: 'prompt', model: 'authentik_stages_prompt.prompt', config: promptModelConfig, validate: admitField },
      python: { placeholder: 'placeholder_expression', initial_value: 'initial_value_expression' },
    },
  ],
  challenge: promptChallenge,
  response: promptResponse,
  /**
   * Results of the expressions from the time when the form was shown. The keys are `<field id>.placeholder` and `<field
   * id>.initial_value`.
   */
  state: z.object({ evaluated: z.record(z.string(), z.unknown()) }),
  reads: { pending_user: 'optional', prompt_data: 'optional', prompt_locked: 'optional', prompt_secrets: 'optional' },
  reads_all: true,
  compares_credentials: ({ validation_policies: policies }) => kindsOf(policies).includes(UNIQUE_PASSWORD_KIND),
  writes: ['prompt_data', 'prompt_secrets'],
  forecast: ({ fields }) => ({ writes: { prompt_data: madeUpAnswers(fields) } }),
  errors: {
    prompt_username_taken: { string: 'Username is already taken.', code: 'invalid' },
    prompt_unshowable: { string: 'This has characters that cannot be shown.', code: 'invalid' },
    prompt_passwords_differ: { string: "Passwords don't match.", code: 'invalid' },
    prompt_not_a_date: {
      string: 'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.',
      code: 'invalid',
    },
    prompt_not_a_date_time: {
      string:
        'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
      code: 'invalid',
    },
    prompt_file_scheme: { string: 'Invalid scheme', code: 'invalid' },
    prompt_file_encoding: { string: 'Invalid encoding', code: 'invalid' },
    prompt_file_size: { string: 'The file is larger than {kib} KiB.', code: 'invalid' },
    prompt_not_accepted: { string: 'What you entered was not accepted.', code: 'invalid' },
  },
  effects: ['toast'],
  // The policy service may have to start a Python process first.
  deadline_ms: 10_000,
});

/** Returns the kinds of the policies of a form, and of the policies that their expressions may call. */
const kindsOf = (policies: unknown): unknown[] =>
  (Array.isArray(policies) ? policies : []).flatMap(({ kind, callable }: Partial<ValidationPolicy>) => [
    kind,
    ...kindsOf(callable),
  ]);

/** Returns the invented answers that a simulation of the flow assumes, one for each field of the form. */
const madeUpAnswers = (fields: unknown): Record<string, string> =>
  Object.fromEntries(
    (Array.isArray(fields) ? fields : []).map((field: { readonly field_key?: unknown } | null) => [
      String(field?.field_key),
      'simulated',
    ]),
  );
