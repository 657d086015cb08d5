/** Characters of a value below which it says nothing, and leaving it out would tear every sentence apart. */
const MIN_CHARACTERS = 3;

/** A sentence without the values that somebody typed into forms: what Python says of a mistake quotes them, passwords too. */
export function redactPromptValues(sentence: string, promptData: unknown): string {
  return Object.values(promptData ?? {})
    .filter((value): value is string => typeof value === 'string' && value.length >= MIN_CHARACTERS)
    .sort((one, other) => other.length - one.length)
    .reduce((said, value) => said.replaceAll(value, '…'), sentence);
}
