/** Values with fewer characters are not redacted, because they also occur in ordinary words. */
const MIN_CHARACTERS = 3;

/**
 * Returns the texts that the visitor typed into prompts, such as passwords. No message may contain them. The longest
 * text is the first.
 */
export function promptTextsOf(promptData: unknown): string[] {
  return Object.values(promptData ?? {})
    .filter((value): value is string => typeof value === 'string' && value.length >= MIN_CHARACTERS)
    .sort((a, b) => b.length - a.length);
}

/** Replaces each of these texts in a message by an ellipsis. */
export const redactTexts = (message: string, texts: readonly string[]): string =>
  texts.reduce((redacted, text) => redacted.replaceAll(text, '…'), message);

/** Removes values of prompts, such as passwords, from a message of Python, which may quote them. */
export const redactPromptValues = (message: string, promptData: unknown): string =>
  redactTexts(message, promptTextsOf(promptData));
