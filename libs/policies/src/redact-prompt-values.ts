/** Shorter values are not redacted: they reveal little, and occur in ordinary words. */
const MIN_CHARACTERS = 3;

/** Returns the texts of prompts, such as passwords, which no message may contain. The longest text is the first. */
export function promptTextsOf(promptData: unknown): string[] {
  return Object.values(promptData ?? {})
    .filter((value): value is string => typeof value === 'string' && value.length >= MIN_CHARACTERS)
    .sort((a, b) => b.length - a.length);
}

/** Removes texts from a message. */
export const redactTexts = (message: string, texts: readonly string[]): string =>
  texts.reduce((redacted, text) => redacted.replaceAll(text, '…'), message);

/** Removes values of prompts, such as passwords, from a message, because Python's error messages quote them. */
export const redactPromptValues = (message: string, promptData: unknown): string =>
  redactTexts(message, promptTextsOf(promptData));
