/**
 * The authentication contexts that Gatehouse knows (docs/spec/sessions.md#acr): `aal1` is any login, `aal2` a password
 * together with a device other than a mailed code, and `phr` a login with a phishing-resistant credential (OpenID EAP
 * ACR Values 1.0).
 */
export const ACR_VALUES = ['aal1', 'aal2', 'phr'] as const;
export type Acr = (typeof ACR_VALUES)[number];

/** Largest value of `max_age`: ten years, in seconds. */
export const MAX_AGE_LIMIT_S = 10 * 365 * 86_400;
const MAX_AGE = /^\d{1,9}$/;

/** How a user must have logged in. Query parameters and applications can only add requirements to those of a flow. */
export interface AuthenticationRequirement {
  /** The accepted authentication contexts, the preferred one first. Empty if any login is accepted. */
  readonly acr_values: readonly Acr[];
  /** Largest age of the login in seconds. */
  readonly max_age?: number | undefined;
  /** Whether the user must log in again, even if the login is recent. */
  readonly again: boolean;
}

/** The query parameters that contain a requirement. */
export const REQUIREMENT_PARAMETERS = ['acr_values', 'max_age', 'prompt'] as const;
type RequirementParameters = { readonly [P in (typeof REQUIREMENT_PARAMETERS)[number]]?: string | undefined };

/** For each authentication context, whether a login with this claim `amr` meets it. */
const MEETS: { readonly [A in Acr]: (amr: readonly string[]) => boolean } = {
  aal1: () => true,
  aal2: (amr) => amr.includes('mfa'),
  phr: (amr) => amr.includes('pop'),
};

/** Returns whether a login with this claim `amr` meets one of the accepted contexts. */
export const meetsAcr = (amr: readonly string[], accepted: readonly Acr[]): boolean =>
  accepted.length === 0 || accepted.some((acr) => MEETS[acr](amr));

/**
 * Returns the claim `acr` of a login with this claim `amr`: the first accepted context that it meets, else `aal2` or
 * `aal1`.
 */
export const acrOf = (amr: readonly string[], accepted: readonly Acr[] = []): Acr =>
  accepted.find((acr) => MEETS[acr](amr)) ?? (MEETS.aal2(amr) ? 'aal2' : 'aal1');

/** Returns the known contexts of `acr_values`, each once. A client may name contexts of other servers. */
export function parseAcrValues(text: string | undefined): Acr[] {
  const named = new Set((text ?? '').split(' '));
  return [...named].filter((value): value is Acr => (ACR_VALUES as readonly string[]).includes(value));
}

/** Returns the seconds of `max_age`; `undefined` if the text is no number of seconds from 0 to MAX_AGE_LIMIT_S. */
export const parseMaxAge = (text: string): number | undefined =>
  MAX_AGE.test(text) && Number(text) <= MAX_AGE_LIMIT_S ? Number(text) : undefined;

/**
 * Returns the requirement in a query; `undefined` if it has none. Ignores values that are malformed, because a redirect
 * may carry the parameters of another request.
 */
export function requirementIn({
  acr_values,
  max_age: age,
  prompt,
}: RequirementParameters): AuthenticationRequirement | undefined {
  if (acr_values === undefined && age === undefined && prompt === undefined) return undefined;
  const max_age = age === undefined ? undefined : parseMaxAge(age);
  const requirement = {
    acr_values: parseAcrValues(acr_values),
    max_age,
    again: (prompt ?? '').split(' ').includes('login'),
  };
  const isEmpty = requirement.acr_values.length === 0 && max_age === undefined && !requirement.again;
  return isEmpty ? undefined : requirement;
}

/** Whether every login that meets the requirement `all` meets `part` too. */
export function includesRequirement(
  all: AuthenticationRequirement | undefined,
  part: AuthenticationRequirement | undefined,
): boolean {
  if (!part) return true;
  if (!all) return false;
  const { acr_values: accepted } = part;
  const hasContexts = accepted.length === 0 || (all.acr_values.length > 0 && isSubset(all.acr_values, accepted));
  const hasAge = part.max_age === undefined || all.again || (all.max_age ?? Number.POSITIVE_INFINITY) <= part.max_age;
  return hasContexts && hasAge && (!part.again || all.again);
}

const isSubset = <T>(some: readonly T[], all: readonly T[]): boolean => some.every((item) => all.includes(item));
