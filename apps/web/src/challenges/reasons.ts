import type { Challenge } from '../page.js';
import type { Errors } from './envelope.js';

/** Field of an access denied challenge that has the text of the denial. */
const DENIAL_TEXT = 'error_message';

/**
 * Adds the names of reasons to the texts of a challenge. `header` is the value of `x-gatehouse-reason`: pairs of a field
 * and the reason of the field's text, in the format of a query (docs/adr/0061).
 */
export function withReasons(challenge: Challenge, header: string | null | undefined): Challenge {
  if (!header) return challenge;
  const reasons = new URLSearchParams(header);
  const errors = challenge['response_errors'] as Errors | undefined;
  return {
    ...challenge,
    ...(reasons.has(DENIAL_TEXT) ? { reason: reasons.get(DENIAL_TEXT) } : {}),
    ...(errors ? { response_errors: errorsWithReasons(errors, reasons) } : {}),
  };
}

const errorsWithReasons = (errors: Errors, reasons: URLSearchParams): Errors =>
  Object.fromEntries(
    Object.entries(errors).map(([field, messages = []]) => {
      const names = reasons.getAll(field);
      return [field, messages.map((message, i) => (names[i] ? { ...message, reason: names[i] } : message))];
    }),
  );
