/** The model that authenticators which do not say theirs say to be; in a rule it stands for all that nobody has named. */
const UNKNOWN_MODEL = '00000000-0000-0000-0000-000000000000';

interface NamedModel {
  readonly aaguid: string;
  readonly description: string;
}

/**
 * Whether a stage takes a model (docs/spec/mfa.md#webauthn-models). What counts is what the credential was made with:
 * nothing that is learned or forgotten of a model later lets it in.
 */
export function isModelAllowed(
  aaguid: string,
  allowed: readonly NamedModel[],
  isKnown: (aaguid: string) => boolean,
): boolean {
  if (allowed.length === 0) return true;
  const names = (model: string) => allowed.some((one) => one.aaguid === model);
  return names(aaguid) || (names(UNKNOWN_MODEL) && !isKnown(aaguid));
}
