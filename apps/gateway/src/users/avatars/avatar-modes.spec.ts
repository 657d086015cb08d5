import { DEFAULT_AVATAR } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { gatewaySettings } from '../../gateway.config.js';
import { AvatarService } from './avatar.service.js';
import { readsAttributes } from './avatar-modes.js';

const alice = { username: 'alice', name: 'Alice Liddell', email: 'Alice@Example.org' };
const avatarOf = (AVATARS: string, changes: object = {}) =>
  new AvatarService({ AVATARS }).urlOf({ ...alice, ...changes });
const svgOf = (uri: string) => Buffer.from(uri.split(',')[1] ?? '', 'base64').toString();

/** Returns the luminance of a colour of three or six hex digits (WCAG 2.2). */
function luminance(digits: string): number {
  const six = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const [red = 0, green = 0, blue = 0] = [...Buffer.from(six, 'hex')].map((byte) => linear(byte / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('an avatar', () => {
  it('is the default avatar for an anonymous visitor', () => {
    expect(new AvatarService({ AVATARS: 'initials' }).urlOf(undefined)).toBe(DEFAULT_AVATAR);
  });

  it('is the result of the first mode that returns one, else the default avatar', () => {
    expect(avatarOf('attributes.avatar,attributes.photo', { attributes: { photo: '/a.png' } })).toBe('/a.png');
    expect(avatarOf('gravatar,attributes.avatar', { email: '' })).toBe(DEFAULT_AVATAR);
    expect(avatarOf('')).toBe(DEFAULT_AVATAR);
    expect(avatarOf('none,initials')).toBe(DEFAULT_AVATAR);
  });

  it.each([
    [{ name: 'Alice Liddell' }, 'AL'],
    [{ name: '  Alice  ' }, 'AL'],
    [{ name: 'Anna Maria van Dyk' }, 'AD'],
    [{ name: '' }, 'AL'],
    [{ name: '', username: '' }, 'AK'],
    [{ name: '😀 x' }, '😀X'],
    [{ name: '<b' }, '&#60;B'],
  ])('for %j has the initials %s', (changes, initials) => {
    const svg = svgOf(avatarOf('initials', changes));
    expect(svg).toContain(`>${initials}</text>`);
    expect(svg).toMatch(/^<svg [^>]*width="64px" height="64px"/);
  });

  it('has a colour that depends on the name, ignoring case', () => {
    const colourOf = (name: string) => /fill="(#[0-9a-f]{6})"/.exec(svgOf(avatarOf('initials', { name })))?.[1];
    expect(colourOf('ALICE LIDDELL')).toBe(colourOf('Alice Liddell'));
    expect(colourOf('Anna Lee')).not.toBe(colourOf('Alice Liddell'));
  });

  it('has readable initials for every name', () => {
    const contrasts = Array.from({ length: 5000 }, (_, i) => {
      const svg = svgOf(avatarOf('initials', { name: `Name ${i}` }));
      const [background = '', text = ''] = [...svg.matchAll(/fill="#([0-9a-f]+)"/g)].map(([, colour]) => colour);
      const [dark = 0, light = 0] = [luminance(background), luminance(text)].sort((a, b) => a - b);
      return (light + 0.05) / (dark + 0.05);
    });

    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
    expect(new Set(contrasts).size).toBeGreaterThan(100);
  });

  it('comes from a path in the user’s attributes, if the value there is a text', () => {
    const attributes = { a: { b: 'https://cdn.example.org/a.png' }, n: 7 };
    expect(avatarOf('attributes.a.b', { attributes })).toBe('https://cdn.example.org/a.png');
    for (const path of ['a', 'a.c', 'n', 'a.b.c', 'constructor.name', '__proto__.x']) {
      expect(avatarOf(`attributes.${path}`, { attributes })).toBe(DEFAULT_AVATAR);
    }
  });

  it('comes from a URL template, with percent-encoded values', () => {
    const url = 'https://cdn.example.org/%(username)s/%(mail_hash)s/%(upn)s.png?x=%20';
    const user = { username: 'a/b?', attributes: { upn: 'a@b' } };
    const md5OfMail = 'fbf7c6aec1d4280b7c2704c1c0478bd6';
    expect(avatarOf(url, user)).toBe(`https://cdn.example.org/a%2Fb%3F/${md5OfMail}/a%40b.png?x=%20`);
  });

  it('is a Gravatar URL with the hash of the email address, and the gateway sends no request to Gravatar', () => {
    expect(avatarOf('gravatar')).toMatch(
      /^https:\/\/www\.gravatar\.com\/avatar\/[0-9a-f]{64}\?size=158&rating=g&default=mp$/,
    );
    expect(avatarOf('gravatar')).toBe(avatarOf('gravatar', { email: 'alice@example.org' }));
  });
});

describe('the setting AVATARS', () => {
  const parsed = (AVATARS: string) =>
    gatewaySettings.pick({ AVATARS: true }).safeParse({ AVATARS }).error?.issues[0]?.message;

  it.each(['ftp://x/', 'nonsense', 'https://x/%(password)s', 'https://x/%(username)'])('refuses %j', (setting) => {
    expect(parsed(setting)).toMatch(/^".+" is not a (mode|placeholder)/);
  });

  it('accepts all modes, separated by commas and spaces', () => {
    expect(parsed('none, initials , gravatar,attributes.a.b, https://x/%(username)s')).toBeUndefined();
  });

  it.each([
    ['initials', false],
    ['initials,attributes.avatar', true],
    ['https://x/%(upn)s', true],
    ['https://x/%(username)s', false],
  ])('with the value %j reads the user’s attributes: %j', (setting, needed) => {
    expect(readsAttributes(setting)).toBe(needed);
  });
});
