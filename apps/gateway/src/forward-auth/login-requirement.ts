import { Problem, parseAcrValues, requirementIn, type Sentence } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { lastValue } from '../http/query.js';
import type { LoginRequirement } from '../sessions/session-authentication.js';
import { requirementQuery } from '../sessions/step-up.js';
import type { ProxyKind } from './forwarded-request.js';

/** Smallest `max_age` of a check in seconds. A smaller value would ask users to log in all the time. */
export const MIN_CHECK_MAX_AGE_S = 60;
const CHECK_PARAMETERS = ['acr_values', 'max_age'] as const;

/**
 * Returns the requirement in the address of a check, which the configuration of the proxy contains. None for Envoy,
 * where the query is that of the visitor's request. Throws `forward_auth_invalid` for a value that would be ignored,
 * because a typing error in the configuration must not open the site.
 */
export function checkRequirement(kind: ProxyKind, { query }: FastifyRequest): LoginRequirement {
  if (kind === 'envoy') return {};
  const given = query as Readonly<Record<string, unknown>>;
  for (const name of CHECK_PARAMETERS) if (Array.isArray(given[name])) throw invalid(`${name} occurs more than once.`);
  const requirement = requirementOf(given, CHECK_PARAMETERS);
  const named = String(given['acr_values'] ?? '')
    .split(' ')
    .filter((value) => value !== '');
  const unknown = named.find((value) => parseAcrValues(value).length === 0);
  if (unknown !== undefined)
    throw invalid({ text: 'acr_values has {value}, which Gatehouse does not know.', params: { value: unknown } });
  if (given['acr_values'] !== undefined && named.length === 0)
    throw invalid('acr_values is empty. Name at least one context, or leave it out.');
  if (given['max_age'] !== undefined && requirement.max_age === undefined)
    throw invalid('max_age must be a number of seconds, at most ten years.');
  if ((requirement.max_age ?? MIN_CHECK_MAX_AGE_S) < MIN_CHECK_MAX_AGE_S)
    throw invalid(`max_age must be at least ${MIN_CHECK_MAX_AGE_S} seconds.`);
  return requirement;
}

/** Returns the requirement in a visitor's query. It can only make the requirement of the proxy's check stricter. */
export const visitorRequirement = (query: Readonly<Record<string, unknown>>): LoginRequirement =>
  requirementOf(query, [...CHECK_PARAMETERS, 'prompt']);

function requirementOf(query: Readonly<Record<string, unknown>>, names: readonly string[]): LoginRequirement {
  const values = names.map((name) => [name, lastValue(query[name])]);
  return requirementIn(Object.fromEntries(values.filter(([, value]) => typeof value === 'string'))) ?? {};
}

/** Returns the step-up challenge of RFC 9470 §3 for an insufficient login, as the name and value of a header. */
export function stepUpChallenge(requirement: LoginRequirement): [string, string] {
  const parameters = Object.entries(requirementQuery(requirement)).map(([name, value]) => `, ${name}="${value}"`);
  return ['www-authenticate', `Bearer error="insufficient_user_authentication"${parameters.join('')}`];
}

const invalid = (detail: string | Sentence) => new Problem('forward_auth_invalid', { detail });
