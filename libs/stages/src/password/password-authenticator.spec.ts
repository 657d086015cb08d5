import { Logger } from '@gatehouse/platform';
import { expect, it, vi } from 'vitest';
import { InMemoryCredentialStore, RecordingHasher } from '../../testing/credential-store.js';
import { PasswordAuthenticator } from './password-authenticator.js';

const [LDAP, KERBEROS] = [
  'authentik.sources.ldap.auth.LDAPBackend',
  'authentik.sources.kerberos.auth.KerberosBackend',
] as const;
const UUID = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';

it('PasswordAuthenticator logs each unsupported backend once, so that logins do not fill the log', async () => {
  const event = vi.spyOn(Logger.prototype, 'event');
  const limits = { concurrency: 1, maxWaitMs: 5000 };
  const hasher = new RecordingHasher({ all: limits, legacy: limits });
  const authenticator = new PasswordAuthenticator(new InMemoryCredentialStore(UUID, undefined), hasher);
  const attempt = { userId: UUID, username: 'alice', password: 'wrong', stillWanted: () => true };
  for (const backends of [[LDAP, KERBEROS], [LDAP], [KERBEROS, LDAP]])
    await authenticator.authenticate({ ...attempt, backends });
  expect(event.mock.calls).toEqual([
    ['password_backend_skipped', { backend: LDAP }],
    ['password_backend_skipped', { backend: KERBEROS }],
  ]);
  event.mockRestore();
});
