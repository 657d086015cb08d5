/**
 * The AAGUID of authenticators that do not reveal their model. In a list of allowed models, this AAGUID means all
 * unknown models.
 */
const UNKNOWN_MODEL = '00000000-0000-0000-0000-000000000000';

interface AllowedModel {
  readonly aaguid: string;
  readonly description: string;
}

/**
 * Returns whether a stage accepts a model (docs/spec/mfa.md#webauthn-models). An empty list accepts every model.
 * `aaguid` is the AAGUID that the authenticator sent at the registration.
 */
export function isModelAllowed(
  aaguid: string,
  allowed: readonly AllowedModel[],
  isKnown: (aaguid: string) => boolean,
): boolean {
  if (allowed.length === 0) return true;
  const includes = (model: string) => allowed.some((entry) => entry.aaguid === model);
  return includes(aaguid) || (includes(UNKNOWN_MODEL) && !isKnown(aaguid));
}
