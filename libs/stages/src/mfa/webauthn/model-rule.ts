/** The model that authenticators which do not say their model say to be; in a rule it stands for all unknown ones. */
export const UNKNOWN_MODEL = '00000000-0000-0000-0000-000000000000';

/** Which models a stage takes. */
export interface ModelRule {
  /** Their AAGUIDs; undefined when the stage takes every model. An empty list takes none. */
  readonly allowed: readonly string[] | undefined;
  /** Whether the house knows a model by name. */
  readonly isKnown: (aaguid: string) => boolean;
}

/** Whether a stage takes a model (03-mfa §9.6). What counts is what the credential was made with, not what is known now. */
export function takesModel(aaguid: string, { allowed, isKnown }: ModelRule): boolean {
  if (allowed === undefined) return true;
  return allowed.includes(aaguid) || (allowed.includes(UNKNOWN_MODEL) && !isKnown(aaguid));
}
