import { flowEntries, IDENTIFICATION, LOGIN, PASSWORD } from './blueprints.js';
import type { Browser } from './browser.js';

const CODES = { stage: 'authenticator_static.authenticatorstaticstage' };
const VALIDATE = {
  stage: 'authenticator_validate.authenticatorvalidatestage',
  attrs: { device_classes: ['static'], not_configured_action: 'deny' },
};

/** The flow `setup`, which shows recovery codes, and the flow `proved-login`, which asks for one. */
export const CODE_LOGIN_FLOWS = [
  ...flowEntries('setup', [IDENTIFICATION, PASSWORD, CODES, LOGIN]),
  ...flowEntries('proved-login', [IDENTIFICATION, PASSWORD, VALIDATE, LOGIN]),
];

/**
 * Sets up recovery codes for a user in one browser. Returns a second browser, which has logged in with one of the
 * codes.
 */
export async function logInWithCode(open: () => Browser, username: string): Promise<Browser> {
  const setup = open();
  const { codes } = (await passwordGiven(setup, username, 'setup')) as { codes: readonly string[] };
  await setup.solve('setup', {});
  const browser = open();
  await passwordGiven(browser, username, 'proved-login');
  const { body } = await browser.solve('proved-login', { code: codes[0] });
  if (body['component'] !== 'xak-flow-redirect') throw new Error(`no login: ${JSON.stringify(body)}`);
  return browser;
}

/** Answers the identification and the password. Returns the challenge after them. */
async function passwordGiven(browser: Browser, username: string, slug: string): Promise<unknown> {
  await browser.show(slug);
  await browser.solve(slug, { uid_field: username });
  return (await browser.solve(slug, { password: 'correct-horse-7' })).body;
}
