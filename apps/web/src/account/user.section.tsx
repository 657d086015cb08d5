import { OtherUsers } from './other-users.js';
import type { SectionProps } from './section.js';

/** Shows the user's profile, with links to the flows that change it. */
export function UserSection({ pageData, t }: SectionProps) {
  const { username, name, email, avatar, groups } = pageData.account.user;
  const facts = [
    [t('Username'), username],
    [t('Name'), name],
    [t('Email'), email],
    [t('Groups'), groups.join(', ')],
  ] as const;
  return (
    <>
      <div class="me">
        {avatar && <img src={avatar} alt="" width="64" height="64" />}
        <dl>
          {facts
            .filter(([, value]) => value !== '')
            .map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
      </div>
      <Changes pageData={pageData} t={t} />
      <OtherUsers pageData={pageData} t={t} />
    </>
  );
}

function Changes({ pageData: { account, address }, t }: SectionProps) {
  const { details, password } = account.changeFlows;
  const { flowPages } = account;
  const next = encodeURIComponent(address);
  return details || password || flowPages ? (
    <ul class="links">
      {details && (
        <li>
          <a href={`${details}?next=${next}`}>{t('Change your details')}</a>
        </li>
      )}
      {password && (
        <li>
          <a href={`${password}?next=${next}`}>{t('Change your password')}</a>
        </li>
      )}
      {flowPages && (
        <li>
          <a href={flowPages}>{t('Manage flows')}</a>
        </li>
      )}
    </ul>
  ) : null;
}
