import type { ApiVersion } from './api-version.js';
import { firstCharacters } from './first-characters.js';

/** Largest length of an error in the event `policy_exception`, in characters. */
export const MAX_POLICY_ERROR_LENGTH = 1024;

/**
 * Returns the text of an error in the form that the event `policy_exception` has in an API line: since 2026.8 in an
 * object. The error must contain no values of visitors.
 */
export function policyException(error: string, line: ApiVersion) {
  const message = firstCharacters(error, MAX_POLICY_ERROR_LENGTH);
  return line === '2024.8' ? { message: error } : { message: 'Policy failed to execute', exception: { message } };
}
