import { z } from 'zod';

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
] as const;
export type PromptType = (typeof PROMPT_TYPES)[number];

const stagePrompt = z
  .object({
    field_key: z.string(),
    label: z.string(),
    type: z.enum(PROMPT_TYPES).meta({ id: 'PromptTypeEnum' }),
    required: z.boolean(),
    placeholder: z.string(),
    initial_value: z.string(),
    order: z.int(),
    sub_text: z.string(),
    choices: z.array(z.string()).nullable(),
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
