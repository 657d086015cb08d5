import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = new Sealer(`one:${randomBytes(32).toString('base64')}`);
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const user = (attrs: string, state = 'present') =>
  `{model: authentik_core.user, id: ann, state: ${state}, identifiers: {username: ann}, attrs: {name: Ann, ${attrs}}}`;
const apply = (...lines: string[]) => harness.outcomes(entries(...lines));
const hash = async () => (await harness.query('SELECT password_hash AS hash FROM directory.users'))[0];

describe('a secret of an entry that is an unset environment variable', () => {
  it.each([
    ['the password of a user', [user('password: !Env SECRET')], '2: entry 1 "ann" (authentik_core.user): password'],
    ['a password hash', [user('password_hash: !Env SECRET')], 'password_hash'],
    ['a formatted password', [user('password: !Format ["%s!", !Env SECRET]')], 'password'],
    ['a password after a condition', [user('password: !If [!Env OTHER, x, !Env SECRET]')], 'password'],
    [
      'the key of a token',
      [
        user(''),
        '{model: authentik_core.token, identifiers: {identifier: t}, attrs: {user: !KeyOf ann, intent: api, key: !Env SECRET}}',
      ],
      'entry 2 (authentik_core.token): key',
    ],
    [
      'the secret of a stage',
      [
        '{model: authentik_stages_captcha.captchastage, identifiers: {name: c}, attrs: {public_key: p, private_key: !Env SECRET}}',
      ],
      'private_key',
    ],
    [
      'the optional secret of a stage',
      ['{model: authentik_stages_email.emailstage, identifiers: {name: e}, attrs: {password: !Env SECRET}}'],
      'password',
    ],
    [
      'the secret of a source',
      ['{model: authentik_sources_plex.plexsource, identifiers: {slug: p}, attrs: {name: P, plex_token: !Env SECRET}}'],
      'plex_token',
    ],
  ])('is refused, and the message names the variable and the entry: %s', async (_what, lines, place) => {
    await expect(apply(...lines)).rejects.toThrow(
      `${place}: the environment variable SECRET is not set. Set it, or give !Env a default: [SECRET, default]`,
    );
    expect(await hash()).toBeUndefined();
  });

  it('is refused for an existing user too, who keeps the old password', async () => {
    await apply(user('password: pw'));
    await expect(apply(user('password: !Env SECRET'))).rejects.toThrow('SECRET is not set');
    expect(await hash()).toEqual({ hash: 'hash of pw' });
  });

  it('has the default of the tag, even if the default is null', async () => {
    await apply(user('password: !Env [SECRET, null]'));
    expect(await hash()).toEqual({ hash: '' });
    await apply(user('password: !Env [SECRET, pw]'));
    expect(await hash()).toEqual({ hash: 'hash of pw' });
  });

  it('is ignored by an entry that does not save it', async () => {
    await apply(user('password: pw'));
    expect(await apply(user('password: !Env SECRET', 'created'))).toEqual(['unchanged ann']);
    expect(await apply(user('password: !If [!Env SECRET, x, other]'))).toEqual(['changed ann']);
    expect(await apply(user('password: !Env SECRET', 'absent'))).toEqual(['removed ann']);
  });

  it('is null in a field that is no secret, as in authentik', async () => {
    expect(await apply(user('attributes: {team: !Env TEAM}'))).toEqual(['created ann']);
    expect((await harness.query('SELECT attributes FROM directory.users'))[0]).toEqual({ attributes: { team: null } });
  });
});
