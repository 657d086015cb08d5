import { z } from 'zod';

/** Settings of the prompt stage. */
export const promptEnvironment = z.object({
  PROMPT_TEXT_CHARACTERS: z.coerce
    .number()
    .int()
    .min(256)
    .max(50_000)
    .default(10_000)
    .describe('Largest length of a text in a form, in characters'),
  PROMPT_FILE_KB: z.coerce
    .number()
    .int()
    .min(1)
    .max(96)
    .default(64)
    .describe('Largest size of a file in a form, in kilobytes'),
});

/** Limits of the values in a form. */
export interface FormLimits {
  readonly textCharacters: number;
  readonly fileBytes: number;
}

/** Returns the limits that the settings define. */
export const limitsOf = ({
  PROMPT_TEXT_CHARACTERS,
  PROMPT_FILE_KB,
}: z.output<typeof promptEnvironment>): FormLimits => ({
  textCharacters: PROMPT_TEXT_CHARACTERS,
  fileBytes: PROMPT_FILE_KB * 1024,
});
