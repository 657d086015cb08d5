/** Shorter values are not redacted: they reveal little, and occur in ordinary words. */
const MIN_CHARACTERS = 3;

/** Removes values of prompts, such as passwords, from a message, because Python's error messages quote them. */
export function redactPromptValues(message: string, promptData: unknown): string {
  return Object.values(promptData ?? {})
    .filter((value): value is string => typeof value === 'string' && value.length >= MIN_CHARACTERS)
    .sort((a, b) => b.length - a.length)
    .reduce((redacted, value) => redacted.replaceAll(value, '…'), message);
}
