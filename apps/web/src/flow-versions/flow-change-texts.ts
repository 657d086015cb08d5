import type { Translate } from '@gatehouse/texts/browser';
import type { FlowChangePageData } from '../page.js';
import type { FlowChangeField } from './flow-change.js';

/** Longest reason, in characters. */
export const MAX_REASON = 500;

type Headed = Pick<FlowChangePageData, 'action' | 'version' | 'flow'>;

/** Returns the heading of the page that confirms a change. */
export function flowChangeHeading({ action, version: number, flow }: Headed, t: Translate): string {
  const { candidate } = flow;
  if (action === 'rollback' && candidate)
    return t('End the rollout of version {number}', { number: candidate.version });
  if (number === undefined) return t('Change of the flow');
  if (action === 'rollout' && candidate?.version === number)
    return t('Change the share of version {number}', { number });
  return {
    publish: t('Publish version {number}', { number }),
    rollout: t('Roll out version {number}', { number }),
    rollback: t('Roll back to version {number}', { number }),
    preview: t('Preview version {number}', { number }),
  }[action];
}

/** Returns the consequences of a change as sentences. */
export function consequencesOf({ action, version: number = 0, flow }: Headed, t: Translate): readonly string[] {
  const { version: current, candidate } = flow;
  if (action === 'preview')
    return [
      t('A preview runs this version in a new tab as a test user. Nobody is signed in, and nothing is sent.'),
      t('The link is valid for half an hour.'),
    ];
  const pinned = t('Running logins keep their version.');
  if (action === 'rollout')
    return [
      t('The chosen share of the visitors gets version {number}, all others version {current}.', { number, current }),
      pinned,
      ...(candidate ? [t('The logins are counted anew, and the guard watches for its time again.')] : []),
    ];
  const ended =
    candidate && candidate.version !== number
      ? [t('This ends the rollout of version {number}.', { number: candidate.version })]
      : [];
  const next =
    number === current
      ? t('All new logins get version {current}.', { current })
      : t('All new logins get version {number} in place of version {current}.', { number, current });
  return [next, pinned, ...ended];
}

/** Returns the label of the button that confirms a change. */
export function confirmationOf(headed: Headed, t: Translate): string {
  return headed.action === 'preview' ? t('Open the preview') : flowChangeHeading(headed, t);
}

interface FieldTexts {
  readonly label: string;
  readonly hint: string;
  readonly error: string;
}

/** Returns the texts of the fields by name. */
export const fieldTexts = (t: Translate): Readonly<Record<FlowChangeField, FieldTexts>> => ({
  percent: {
    label: t('Percent of the visitors'),
    hint: t('From 0.01 to 99.99.'),
    error: t('This must be a number from 0.01 to 99.99.'),
  },
  margin: {
    label: t('Allowed drop of the completion rate, in percentage points'),
    hint: t(
      'The guard goes back by itself if fewer logins complete. If this is empty, no guard watches, or that of the running rollout goes on.',
    ),
    error: t('This must be a number from 0.01 to 99.99.'),
  },
  for: {
    label: t('Time for which the guard watches'),
    hint: t('Such as 90m, 1h or 2d. Then the guard publishes the version if the rate has not dropped.'),
    error: t('This must be a time such as 90m, 1h or 2d, from 1 minute to 7 days.'),
  },
  reason: {
    label: t('Reason'),
    hint: t('For the log and the audit event. You may leave it empty.'),
    error: t('A reason has {max} characters at most.', { max: MAX_REASON }),
  },
  user: {
    label: t('Test user'),
    hint: t('The username of an account that is there for tests.'),
    error: t('The test user must exist, be active, and be no superuser.'),
  },
});
