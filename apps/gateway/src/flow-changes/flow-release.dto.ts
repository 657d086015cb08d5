import {
  char,
  DEFAULT_WATCH_TIME,
  expectedFlow,
  type FlowChangeRequest,
  MAX_RELEASE_REASON,
  parseGuard,
  parsePercent,
  parseWatchTime,
  ROLLOUT_ARGUMENT_FORMS,
  WHOLE_SHARE,
} from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * The reason for a change of a flow's version, and the versions that were current when the sender last looked, so that
 * a change that is based on a stale state is refused.
 */
export const releaseRequest = z
  .object({
    reason: char({ maxLength: MAX_RELEASE_REASON, allowBlank: true })
      .optional()
      .describe('for the log of publications and the audit event'),
    expected: expectedFlow.optional(),
  })
  .meta({ id: 'FlowReleaseRequest', description: 'Why the version of a flow is changed.' });
export type ReleaseRequest = z.output<typeof releaseRequest>;

/** The guard of a rollout, such as `completion=-2%`, and the time for which the guard watches. */
const rolloutArguments = {
  guard: z
    .string()
    .refine((text) => parseGuard(text) !== undefined, `Must be ${ROLLOUT_ARGUMENT_FORMS.guard}.`)
    .optional()
    .describe(
      `${ROLLOUT_ARGUMENT_FORMS.guard}. Without it, no guard watches, or the guard of the running rollout stays`,
    ),
  for: z
    .string()
    .refine((text) => parseWatchTime(text) !== undefined, `Must be ${ROLLOUT_ARGUMENT_FORMS.for}.`)
    .optional()
    .describe(`for how long the guard watches: ${ROLLOUT_ARGUMENT_FORMS.for}. By default ${DEFAULT_WATCH_TIME}`),
};

/** A request that gives a version a share of the new logins. A guard may watch these logins. */
export const rolloutRequest = releaseRequest
  .extend({
    percent: z
      .number()
      .refine((percent) => shareOf(percent) !== undefined, 'Must be a number from 0.01 to 99.99.')
      .describe('percent of new logins that start on the version, from 0.01 to 99.99'),
    ...rolloutArguments,
  })
  .refine(({ for: time, guard }) => time === undefined || guard !== undefined, {
    path: ['for'],
    message: 'It is the time for which a guard watches, so it needs a guard.',
  })
  .meta({ id: 'FlowRolloutRequest', description: 'The share of the new logins that a version of a flow gets.' });
export type RolloutRequest = z.output<typeof rolloutRequest>;

type RequestedRollout = Pick<FlowChangeRequest<'startRollout'>, 'share' | 'guard'>;

/** Returns the arguments of the service `blueprints` for a valid request. */
export function toRollout({ percent, guard: text, for: time = DEFAULT_WATCH_TIME }: RolloutRequest): RequestedRollout {
  const guard = text === undefined ? undefined : parseGuard(text);
  return {
    share: shareOf(percent) ?? 0,
    guard: guard && { margin: guard.margin, watch_s: parseWatchTime(time) ?? 0 },
  };
}

/** Returns a share below 100 % in hundredths of a percent; `undefined` for any other number. */
function shareOf(percent: number): number | undefined {
  const share = parsePercent(String(percent));
  return share !== undefined && share < WHOLE_SHARE ? share : undefined;
}
