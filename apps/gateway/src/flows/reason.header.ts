import type { Errors, StageContract } from '@gatehouse/contracts';
import type { FlowResult } from '@gatehouse/executor';

/**
 * Response header that names the reasons of the texts in a challenge (docs/adr/0061). Its value has the format of a
 * query: pairs of a field and the reason of the field's text. A page can choose its own text for each reason.
 */
export const REASON_HEADER = 'x-gatehouse-reason';

/** Longest value of the header. A longer header could exceed the limits of proxies, so it is left out. */
export const MAX_REASON_BYTES = 2048;

/** Field of an access denied challenge that has the text of the denial. */
const DENIAL_TEXT = 'error_message';

/** The pair for an answer that was not judged, because it is for another step (docs/spec/executor.md#step-ids). */
const UNAPPLIED_FIELD = 'error';
const UNAPPLIED_REASON = 'other_step';

/** Returns the value of the REASON_HEADER for a result, or `undefined` if no text of the result has a named reason. */
export function reasonsOf(result: FlowResult): string | undefined {
  const value = new URLSearchParams(pairsOf(result)).toString();
  return value === '' || value.length > MAX_REASON_BYTES ? undefined : value;
}

function pairsOf(result: FlowResult): string[][] {
  if (result.type === 'denied') return result.reason === undefined ? [] : [[DENIAL_TEXT, result.reason]];
  if (result.type !== 'show') return [];
  if (result.unapplied) return [[UNAPPLIED_FIELD, UNAPPLIED_REASON]];
  return result.errors ? reasonsOfErrors(result.errors, result.contract.errors) : [];
}

/**
 * Returns the codes of a contract's messages by field. The codes of field types, such as `required`, are left out,
 * because the body contains them already, and a form may have many fields.
 */
const reasonsOfErrors = (errors: Errors, catalogue: StageContract['errors']): string[][] =>
  Object.entries(errors).flatMap(([field, messages]) => {
    const reasons = messages.map((message) =>
      'code' in message && Object.hasOwn(catalogue, message.code) ? message.code : '',
    );
    return reasons.some(Boolean) ? reasons.map((reason) => [field, reason]) : [];
  });
