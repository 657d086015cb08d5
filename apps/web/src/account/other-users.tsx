import type { SectionProps } from './section.js';

/** Shows the other users of the browser, each with a form that switches to the user, and one that adds a user. */
export function OtherUsers({ pageData: { account, address, token }, t }: SectionProps) {
  if (!account.otherUsers) return null;
  return (
    <form method="post" action={address} id="users">
      <input type="hidden" name={token.field} value={token.value} />
      {account.otherUsers.map(({ pk, username }) => (
        <button key={pk} name="switch_to" value={pk}>
          {t('Switch to {username}', { username })}
        </button>
      ))}
      <button class="plain" name="add_user" value="1">
        {t('Sign in with another account')}
      </button>
    </form>
  );
}
