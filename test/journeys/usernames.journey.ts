import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';

const FIELDS = ['username', 'password', 'password_repeat'] as const;
const DONE = { component: 'xak-flow-redirect', to: '/' };
const PASS = 'a long password';
const NFC = 'jos\u00e9';
const NFD = 'jose\u0301';
/** Usernames of accounts that were created before users had a `username_key`. This one is "rené" in NFD. */
const OLD_NFD = 'rene\u0301';
const OLD_INVISIBLE = 'old\u200bname';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment', 'policy'],
    blueprints: [
      blueprint(
        userEntry('admin'),
        userEntry('old-1'),
        userEntry('old-2'),
        ...FIELDS.map((key) => fieldEntry('new', [key, key === 'username' ? 'username' : 'password'])),
        fieldEntry('own', ['username', 'username']),
        flowEntries('enrol', [asking('new', FIELDS), writing('always_create'), LOGIN]),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('settings', [asking('own', ['username']), writing('never_create')], {
          authentication: 'require_authenticated',
        }),
      ),
    ],
  });
  const rename = 'UPDATE directory.users SET username = $2 WHERE username = $1';
  await deployment.rows(rename, ['old-1', OLD_NFD]);
  await deployment.rows(rename, ['old-2', OLD_INVISIBLE]);
}, 120_000);
afterAll(() => deployment?.close());

async function enrol(username: string) {
  const browser = deployment.browser();
  return (await browser.solve('enrol', { username, password: PASS, password_repeat: PASS })).body;
}
async function logIn(uid_field: string, password = PASS) {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field });
  await browser.solve('login', { password });
  const { body } = await browser.fetch('/api/v3/core/users/me/');
  return { browser, username: (body['user'] as { username?: string } | undefined)?.username };
}
const count = async () => (await deployment.rows('SELECT FROM directory.users')).length;
const atUsername = (string: string) => ({ response_errors: { username: [{ string, code: 'invalid' }] } });
const TAKEN = atUsername('Username is already taken.');

describe('a new username', () => {
  it.each([
    ['a zero-width space', 'admin\u200b', atUsername('Usernames cannot contain the character U+200B.')],
    ['a soft hyphen', 'ad\u00admin', atUsername('Usernames cannot contain the character U+00AD.')],
    ['full-width letters', '\uff41\uff44\uff4d\uff49\uff4e', TAKEN],
    ['a Cyrillic letter', '\u0430dmin', atUsername('Usernames cannot mix letters of several scripts.')],
    ['another case', 'Admin', TAKEN],
  ])('that differs from another by %s is refused at its field', async (_difference, username, refusal) => {
    const before = await count();
    expect(await enrol(username)).toMatchObject(refusal);
    expect(await count()).toBe(before);
  });

  it('is the same name in every normalisation form, at enrolment and at login', async () => {
    expect(await enrol(NFD)).toMatchObject(DONE);
    expect(await enrol(NFC)).toMatchObject(TAKEN);
    for (const spelling of [NFC, NFD, NFC.toUpperCase()]) expect((await logIn(spelling)).username).toBe(NFC);
  });

  it('is stored in letters of normal width, and in the case that was typed', async () => {
    expect(await enrol('\uff3aoe')).toMatchObject(DONE);
    for (const spelling of ['zoe', '\uff5a\uff4f\uff45', '\uff3aoe'])
      expect((await logIn(spelling)).username).toBe('Zoe');
  });

  it('belongs to one of several users who enrol concurrently in different spellings', async () => {
    const spellings = ['b\u00e9a', 'be\u0301a', 'B\u00c9A', '\uff42\u00e9\uff41'];
    const results = await Promise.all(spellings.map(enrol));
    expect(results.filter(({ component }) => component === DONE.component)).toHaveLength(1);
  });

  it.each(["o'neil+x", 'a.b-c_d', 'first last', 'someone@example.net', '<{"tag"}>', 'l1I|O0'])(
    'of ASCII characters is accepted as it was typed: %s',
    async (username) => {
      expect(await enrol(username)).toMatchObject(DONE);
      expect((await logIn(username)).username).toBe(username);
    },
  );
});

describe('an account that was created before usernames were normalised', () => {
  it.each([OLD_NFD, OLD_INVISIBLE])('logs in by its name and keeps it: %j', async (username) => {
    const { browser, username: found } = await logIn(username, 'correct-horse-7');
    expect(found).toBe(username);
    expect((await browser.solve('settings', { username })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await logIn(username, 'correct-horse-7')).username).toBe(username);
  });

  it('cannot be renamed to a name that a new account could not have', async () => {
    const { browser } = await logIn(OLD_NFD, 'correct-horse-7');
    expect((await browser.solve('settings', { username: 'admin\u200b' })).body).toHaveProperty('response_errors');
    expect((await browser.solve('settings', { username: '\uff21dmin' })).body).toMatchObject(TAKEN);
  });
});

describe('an administrator', () => {
  it('cannot create a user by a blueprint whose name is invalid or exists in another spelling', async () => {
    const before = await count();
    for (const [username, reason] of [
      ['admin\u200b', 'username: Usernames cannot contain the character U+200B.'],
      ['\uff21dmin', 'username: Write this username as Admin.'],
    ] as const)
      await expect(deployment.apply(blueprint(userEntry(username)))).rejects.toThrow(reason);
    expect(await count()).toBe(before);
  });
});
