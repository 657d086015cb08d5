import { BlueprintError } from './blueprint-error.js';
import type { Entry } from './document.js';
import type { ResolvedFields } from './resolved-fields.js';

/**
 * Throws BlueprintError for a secret that is an unset environment variable, because a user would have no password, and
 * a stage no secret.
 */
export function rejectUnsetSecrets(
  entry: Entry,
  secrets: ReadonlySet<string> | undefined,
  { unsetVariables }: Pick<ResolvedFields, 'unsetVariables'>,
): void {
  for (const [field, variable] of unsetVariables) {
    if (!secrets?.has(field)) continue;
    const advice = `Set it, or give !Env a default: [${variable}, default]`;
    const reason = `the environment variable ${variable} is not set. ${advice}`;
    throw new BlueprintError(reason, { field, line: entry.lineOf(field) });
  }
}
