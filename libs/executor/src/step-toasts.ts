import { type Effect, policyToasts } from '@gatehouse/contracts';
import type { FlowRun } from './flow-run.js';
import { renewsSessionKey } from './plan-writer.js';

/**
 * Returns the messages of the policies of a step that passes, as toasts (docs/spec/http.md#messages). Returns none
 * under 2024.8. Also returns none when the request replaces the session key: an attacker who has planted the old key
 * could read the toasts, and learn about the proved user.
 */
export const stepToasts = (run: FlowRun, messages: readonly string[]): Effect[] =>
  run.context.site.api_version === '2024.8' || renewsSessionKey(run) ? [] : policyToasts(messages);
