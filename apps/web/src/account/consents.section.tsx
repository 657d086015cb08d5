import type { AccountConsent } from './account.js';
import type { SectionProps } from './section.js';

/** Lists the applications with consents, each with a form that revokes the consent. */
export function ConsentsSection({ pageData, t }: SectionProps) {
  const { consents } = pageData.account;
  if (consents.length === 0) return <p class="hint">{t('No application has been allowed anything.')}</p>;
  return (
    <ul class="sessions">
      {consents.map((consent) => (
        <Consent key={consent.id} consent={consent} pageData={pageData} t={t} />
      ))}
    </ul>
  );
}

function Consent({ consent, pageData: { token, address }, t }: SectionProps & { consent: AccountConsent }) {
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
