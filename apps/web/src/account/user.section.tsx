import type { SectionProps } from '../own/section.js';

/** Who is logged in, as the house knows them, and where they change it. */
export function UserSection({ opened, t }: SectionProps) {
  const { username, name, email, avatar, groups } = opened.own.user;
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
      <Changes opened={opened} t={t} />
    </>
  );
}

function Changes({ opened: { own, address }, t }: SectionProps) {
  const { details, password } = own.changes;
  const next = encodeURIComponent(address);
  return details || password ? (
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
    </ul>
  ) : null;
}
