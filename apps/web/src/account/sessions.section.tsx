import type { Translate } from '@gatehouse/texts/browser';
import type { AccountSession } from './account.js';
import { LastUse } from './last-use.js';
import type { SectionProps } from './section.js';

/** Lists the user's sessions, each with a form that ends it. */
export function SessionsSection({ pageData, t }: SectionProps) {
  const { shown, count } = pageData.account.sessions;
  return (
    <>
      <ul class="sessions">
        {shown.map((session) => (
          <Session key={session.id} session={session} pageData={pageData} t={t} />
        ))}
      </ul>
      {count > shown.length && (
        <p class="hint">{t('These are the {shown} last used of {count}.', { shown: shown.length, count })}</p>
      )}
    </>
  );
}

function Session({ session, pageData, t }: SectionProps & { session: AccountSession }) {
  const { token, address } = pageData;
  const { id, lastUsed, current } = session;
  const device = deviceOf(session, t);
  return (
    <li>
      <div>
        <strong>{device}</strong> {current && <span class="badge">{t('This one')}</span>}
        <div class="hint">
          {session.address && <bdi>{session.address}</bdi>}
          {session.address && ' · '}
          <LastUse at={lastUsed} pageData={pageData} />
        </div>
      </div>
      {!current && (
        <form method="post" action={address}>
          <input type="hidden" name={token.field} value={token.value} />
          <button class="plain" name="session" value={id}>
            {t('End')}
            <span class="unseen"> {t('the session of {device}', { device })}</span>
          </button>
        </form>
      )}
    </li>
  );
}

/** The API's value for a browser or operating system that it does not recognise. */
const UNKNOWN = 'Other';

function deviceOf({ browser, system }: AccountSession, t: Translate): string {
  const browserName = browser === UNKNOWN ? t('An unknown browser') : browser;
  return system === UNKNOWN ? browserName : t('{browser} on {system}', { browser: browserName, system });
}
