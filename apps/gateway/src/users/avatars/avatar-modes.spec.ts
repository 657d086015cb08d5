import { describe, expect, it } from 'vitest';
import { gatewaySettings } from '../../gateway.config.js';
import { AvatarService } from './avatar.service.js';
import { DEFAULT_AVATAR, readsAttributes } from './avatar-modes.js';

const alice = { username: 'alice', name: 'Alice Liddell', email: 'Alice@Example.org' };
const pictureOf = (AVATARS: string, more: object = {}) => new AvatarService({ AVATARS }).urlOf({ ...alice, ...more });
const svgOf = (uri: string) => Buffer.from(uri.split(',')[1] ?? '', 'base64').toString();

describe('a picture', () => {
  it('is the default one for a stranger, whatever the setting', () => {
    expect(new AvatarService({ AVATARS: 'initials' }).urlOf(undefined)).toBe(DEFAULT_AVATAR);
  });

  it('is the first that is found, and the default one when none is', () => {
    expect(pictureOf('attributes.avatar,attributes.photo', { attributes: { photo: '/a.png' } })).toBe('/a.png');
    expect(pictureOf('gravatar,attributes.avatar', { email: '' })).toBe(DEFAULT_AVATAR);
    expect(pictureOf('')).toBe(DEFAULT_AVATAR);
    expect(pictureOf('none,initials')).toBe(DEFAULT_AVATAR);
  });

  it.each([
    [{ name: 'Alice Liddell' }, 'AL'],
    [{ name: '  Alice  ' }, 'AL'],
    [{ name: 'Anna Maria van Dyk' }, 'AD'],
    [{ name: '' }, 'AL'],
    [{ name: '', username: '' }, 'AK'],
    [{ name: '😀 x' }, '😀X'],
    [{ name: '<b' }, '&#60;B'],
  ])('of %j is drawn with the initials %s', (more, initials) => {
    const svg = svgOf(pictureOf('initials', more));
    expect(svg).toContain(`>${initials}</text>`);
    expect(svg).toMatch(/^<svg [^>]*width="64px" height="64px"/);
  });

  it('has a colour that comes from the name, in any case of letters', () => {
    const colourOf = (name: string) => /fill="(#[0-9a-f]{6})"/.exec(svgOf(pictureOf('initials', { name })))?.[1];
    expect(colourOf('ALICE LIDDELL')).toBe(colourOf('Alice Liddell'));
    expect(colourOf('Anna Lee')).not.toBe(colourOf('Alice Liddell'));
  });

  it('is found at a path of the user’s own attributes, if there is a text', () => {
    const attributes = { a: { b: 'https://cdn.example.org/a.png' }, n: 7 };
    expect(pictureOf('attributes.a.b', { attributes })).toBe('https://cdn.example.org/a.png');
    for (const path of ['a', 'a.c', 'n', 'a.b.c', 'constructor.name', '__proto__.x']) {
      expect(pictureOf(`attributes.${path}`, { attributes })).toBe(DEFAULT_AVATAR);
    }
  });

  it('is at an address that names the user, with nothing in it that the address would take for its own', () => {
    const url = 'https://cdn.example.org/%(username)s/%(mail_hash)s/%(upn)s.png?x=%20';
    const user = { username: 'a/b?', attributes: { upn: 'a@b' } };
    const md5OfMail = 'fbf7c6aec1d4280b7c2704c1c0478bd6';
    expect(pictureOf(url, user)).toBe(`https://cdn.example.org/a%2Fb%3F/${md5OfMail}/a%40b.png?x=%20`);
  });

  it('is asked of Gravatar by the address of a hash, and by nobody here', () => {
    expect(pictureOf('gravatar')).toMatch(
      /^https:\/\/www\.gravatar\.com\/avatar\/[0-9a-f]{64}\?size=158&rating=g&default=mp$/,
    );
    expect(pictureOf('gravatar')).toBe(pictureOf('gravatar', { email: 'alice@example.org' }));
  });
});

describe('the setting', () => {
  const parsed = (AVATARS: string) =>
    gatewaySettings.pick({ AVATARS: true }).safeParse({ AVATARS }).error?.issues[0]?.message;

  it.each(['ftp://x/', 'nonsense', 'https://x/%(password)s', 'https://x/%(username)'])(
    'does not take %j',
    (setting) => {
      expect(parsed(setting)).toMatch(/^".+" is (no way to|nothing that)/);
    },
  );

  it('takes every mode, with spaces between them', () => {
    expect(parsed('none, initials , gravatar,attributes.a.b, https://x/%(username)s')).toBeUndefined();
  });

  it.each([
    ['initials', false],
    ['initials,attributes.avatar', true],
    ['https://x/%(upn)s', true],
    ['https://x/%(username)s', false],
  ])('%j tells whether attributes are needed: %j', (setting, needed) => {
    expect(readsAttributes(setting)).toBe(needed);
  });
});
