/** Matches the lower-case names of headers that say who the user is, also in the spellings of `forgedHeaders`. */
export const IDENTITY = /^(x.authentik|remote.)/;
/** The headers of forward auth, each in several spellings that a program may read as the same CGI variable. */
const NAMES = ['username', 'groups', 'email', 'name', 'uid', 'jwt', 'entitlements', 'meta-app']
  .flatMap((name) => [`X-authentik-${name}`, `X_authentik_${name}`, `X-authentik_${name}`, `x_AUTHENTIK-${name}`])
  .concat(
    ['User', 'Groups', 'Email', 'Name'].flatMap((name) => [`Remote-${name}`, `remote_${name}`, `REMOTE-${name}`]),
  );

/**
 * Returns the headers of a visitor who claims to be another user, and to come from another address, host and protocol.
 */
export const forgedHeaders = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(NAMES.map((name) => [name, 'evil'])),
  'X-Forwarded-For': '203.0.113.6',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'evil',
  Forwarded: 'for=203.0.113.6;host=evil.example',
});
