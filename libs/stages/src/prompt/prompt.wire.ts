import { z } from 'zod';

/** The kinds of fields that clients can draw (docs/spec/stages.md#prompt-field-types). */
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

/** A form of fields that an administrator put together (docs/spec/stages.md#prompt-challenge). */
export const promptChallenge = z
  .object({ fields: z.array(stagePrompt) })
  .meta({ id: 'PromptChallenge', description: 'A form to fill in.' });

/** What was filled in, by `field_key`; which keys there are is for the form to say. */
export const promptResponse = z
  .looseObject({})
  .meta({ id: 'PromptChallengeResponseRequest', description: 'What was filled in, by `field_key`.' });
