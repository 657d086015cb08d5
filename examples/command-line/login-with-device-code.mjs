#!/usr/bin/env node
/** Logs the user in by a code that is confirmed in a browser, on any device. README.md explains the options. */
import { CommandError, runCommand, say } from './command.mjs';
import { DeviceGrant } from './device-grant.mjs';
import { SecretFile } from './secret-file.mjs';

const COMMAND = {
  usage: 'node login-with-device-code.mjs --issuer ADDRESS --client-id ID --folder FOLDER [--scope SCOPES]',
  options: {
    issuer: { type: 'string' },
    'client-id': { type: 'string' },
    folder: { type: 'string' },
    scope: { type: 'string', default: 'openid profile email' },
  },
  required: ['issuer', 'client-id', 'folder'],
};

await runCommand(COMMAND, async ({ issuer, 'client-id': clientId, folder, scope }, signal) => {
  const file = new SecretFile(folder, 'token.json');
  await file.prepare();
  const grant = await DeviceGrant.discover({ issuer, clientId, signal });
  const user = (await storedClaims(file, { grant, issuer, clientId })) ?? (await logIn());
  process.stdout.write(`${JSON.stringify(user)}\n`);

  async function logIn() {
    const codes = await grant.begin(scope);
    say(`Open ${codes.verification_uri} in a browser, and enter the code ${codes.user_code}`);
    if (codes.verification_uri_complete) say(`Or open ${codes.verification_uri_complete}`);
    const { expires_in, ...token } = await grant.poll(codes);
    await file.write({ issuer, clientId, ...token, expires: Date.now() + expires_in * 1000 });
    say(`Logged in. The token is in ${file.path} and ends in ${expires_in} s.`);
    const claims = await grant.userinfo(token.access_token);
    if (!claims) throw new CommandError('The login has ended already.');
    return claims;
  }
});

/**
 * Returns the claims about the user of the stored token. Undefined if the token has expired, or comes from another
 * server: a token is only sent to its issuer. Gatehouse issues no refresh tokens, so the user logs in again.
 */
async function storedClaims(file, { grant, issuer, clientId }) {
  const stored = await file.read();
  if (stored?.issuer !== issuer || stored.clientId !== clientId || !(stored.expires > Date.now())) return undefined;
  return grant.userinfo(stored.access_token);
}
