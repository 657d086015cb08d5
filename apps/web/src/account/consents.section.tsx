import type { SectionProps } from '../own/section.js';
import type { AccountConsent } from './account.js';

/** Every application that is allowed something, each with a form that takes it back. */
export function ConsentsSection({ opened, t }: SectionProps) {
  const { consents } = opened.own;
  if (consents.length === 0) return <p class="hint">{t('No application has been allowed anything.')}</p>;
  return (
    <ul class="sessions">
      {consents.map((consent) => (
        <Consent key={consent.id} consent={consent} opened={opened} t={t} />
      ))}
    </ul>
  );
}

function Consent({ consent, opened: { token, address }, t }: SectionProps & { consent: AccountConsent }) {
  const { id, application, permissions } = consent;
  return (
    <li>
      <div>
        <strong>{application}</strong>
        {permissions.length > 0 && <div class="hint">{permissions.join(', ')}</div>}
      </div>
      <form method="post" action={address}>
        <input type="hidden" name={token.field} value={token.value} />
        <button class="plain" name="consent" value={id}>
          {t('Take back')}
          <span class="unseen"> {t('what {application} is allowed', { application })}</span>
        </button>
      </form>
    </li>
  );
}
