import type { SectionProps } from './section.js';

/** Who is logged in, as the house knows them. */
export function UserSection({ opened: { own, address }, t }: SectionProps) {
  const { username, name, email, avatar, groups } = own.user;
  const facts = [
    [t('Username'), username],
    [t('Name'), name],
    [t('Email'), email],
    [t('Groups'), groups.join(', ')],
  ] as const;
  const { details, password } = own.changes;
  const links = [
    [t('Change your details'), details],
    [t('Change your password'), password],
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
      {links.some(([, to]) => to) && (
        <ul class="links">
          {links.map(
            ([label, to]) =>
              to && (
                <li key={to}>
                  <a href={`${to}?next=${encodeURIComponent(address)}`}>{label}</a>
                </li>
              ),
          )}
        </ul>
      )}
    </>
  );
}
