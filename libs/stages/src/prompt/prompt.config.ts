import { z } from 'zod';

/** How much a form takes. */
export const promptConfig = z.object({
  PROMPT_TEXT_CHARACTERS: z.coerce
    .number()
    .int()
    .min(256)
    .max(50_000)
    .default(10_000)
    .describe('Characters of a text that somebody fills into a form'),
  PROMPT_FILE_KB: z.coerce
    .number()
    .int()
    .min(1)
    .max(96)
    .default(64)
    .describe('Kilobytes of a file that somebody adds to a form'),
});

/** The same, as the stage has it. */
export interface FormLimits {
  readonly textCharacters: number;
  readonly fileBytes: number;
}

export const limitsOf = ({ PROMPT_TEXT_CHARACTERS, PROMPT_FILE_KB }: z.output<typeof promptConfig>): FormLimits => ({
  textCharacters: PROMPT_TEXT_CHARACTERS,
  fileBytes: PROMPT_FILE_KB * 1024,
});
