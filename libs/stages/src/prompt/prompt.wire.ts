import { changedIn2026, withNewerValues } from '@gatehouse/contracts';
import { z } from 'zod';

/** Types of boxes with a text for the visitor to read. authentik has had them since 2026.8. */
export const ALERT_TYPES = ['alert_info', 'alert_warning', 'alert_danger'] as const;

/** Types of fields that clients can show (docs/spec/stages.md#prompt-field-types). */
export const PROMPT_TYPES = [
  'text',
  'text_area',
  'text_read_only',
  'text_area_read_only',
  'username',
  'email',
  'password',
  'number',
  'checkbox',
  'radio-button-group',
  'dropdown',
  'date',
  'date-time',
  'file',
  'separator',
  'hidden',
  'static',
  'ak-locale',
  ...ALERT_TYPES,
] as const;
export type PromptType = (typeof PROMPT_TYPES)[number];

const promptChoice = z
  .object({ value: z.string(), label: z.string() })
  .meta({ id: 'PromptChoice', description: 'A choice of a field. A response selects it by its value.' });

/** A choice in a reply of the stage. Services before 1.0 send texts. */
const receivedChoice = z
  .preprocess((choice) => (typeof choice === 'string' ? { value: choice, label: choice } : choice), promptChoice)
  .meta({ wire: promptChoice });

/** Choices of a field. In 2024.8 a choice was a text. */
const promptChoices = changedIn2026(z.array(receivedChoice).nullable(), z.array(z.string()).nullable(), (choices) =>
  choices === null ? null : choices.map(({ value }) => value),
);

const stagePrompt = z
  .object({
    field_key: z.string(),
    label: z.string(),
    type: withNewerValues(z.enum(PROMPT_TYPES), ALERT_TYPES).meta({ id: 'PromptTypeEnum' }),
    required: z.boolean(),
    placeholder: z.string(),
    initial_value: z.string(),
    order: z.int(),
    sub_text: z.string(),
    choices: promptChoices,
  })
  .meta({ id: 'StagePrompt', description: 'One field of a form.' });

/** Challenge with the fields of the form (docs/spec/stages.md#prompt-challenge). */
export const promptChallenge = z
  .object({ fields: z.array(stagePrompt) })
  .meta({ id: 'PromptChallenge', description: 'A form with fields.' });

/** Response with values by `field_key`. The fields of the configured form define the keys. */
export const promptResponse = z
  .looseObject({})
  .meta({ id: 'PromptChallengeResponseRequest', description: 'The entered values by `field_key`.' });
