import { usePage } from '../flow/page.context.js';
import { UserBadge } from '../ui/user-badge.js';
import type { Envelope } from './envelope.js';

/** The challenge of a visitor who has left an application. */
export interface SessionEndChallenge extends Envelope {
  readonly brand_name: string;
  readonly application_name?: string | undefined;
  readonly application_launch_url?: string | undefined;
  readonly invalidation_flow_url?: string | undefined;
  readonly overview_url?: string | undefined;
}

/** Says that the visitor has left the application, and links to what the visitor can do next. */
export function SessionEnd({ challenge }: { challenge: SessionEndChallenge }) {
  const { t } = usePage();
  const { brand_name: brand, application_name: application = '' } = challenge;
  const ways = [
    { text: t('Log out of {brand}', { brand }), href: challenge.invalidation_flow_url },
    { text: t('Log back into {application}', { application }), href: application && challenge.application_launch_url },
    { text: t('Go to the overview'), href: challenge.overview_url },
  ].filter(({ href }) => href);
  return (
    <>
      <UserBadge challenge={challenge} />
      <p>{t('You have left the application, and are still logged in here.')}</p>
      <div class="ways">
        {ways.map(({ text, href }, i) => (
          <a key={href} class={i === 0 ? 'main' : 'plain'} href={href}>
            {text}
          </a>
        ))}
      </div>
    </>
  );
}
