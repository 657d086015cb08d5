import type { SectionProps } from './section.js';

/** Who is logged in, as the house knows them. */
export function UserSection({ opened: { own }, t }: SectionProps) {
  const { username, name, email, avatar, groups } = own.user;
  const facts = [
    [t('Username'), username],
    [t('Name'), name],
    [t('Email'), email],
    [t('Groups'), groups.join(', ')],
  ] as const;
  return (
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
  );
}
