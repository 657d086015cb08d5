import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTitle } from './flow-title.js';

const names = { app: 'Wiki', user: 'älice' };

it.each([
  ['Welcome', 'Welcome'],
  ['', ''],
  ['Log in to %(app)s, %(user)s!', 'Log in to Wiki, älice!'],
  ['|%(user)10s|', '|     älice|'],
  ['%(user)-10s|', 'älice     |'],
  ['%(user)2s|', 'älice|'],
  ['%(user).3s', 'äli'],
  ['%(user).s|', '|'],
  ['|%(user)10.3s|', '|       äli|'],
  ['%(user)+5s', 'älice'],
  ['|%(user)010s', '|     älice'],
  ['|%(user)# 9s', '|    älice'],
  ['%(user)ls', 'älice'],
  ['100%%', '100%'],
  ['%%(user)s', '%(user)s'],
  ['a%(user)s%%b', 'aälice%b'],
])('a title is formatted like in Python: %j', (title, formatted) => {
  expect(formatTitle(title, names)).toBe(formatted);
});

it.each([
  ...['50% off', '100%', '%', '%(user)', '%(user)5', '%(user', '%(nope)s', '%(toString)s', '%()s', '%(us(e)r)s'],
  ...['%(user)d', '%(user)c', '%(user)*s', '%(user)s and %', '%(app)s 50% of', '%5%', '% %', '%(user)%'],
])('a title for which Python raises an error is left unchanged: %j', (title) => {
  expect(formatTitle(title, names)).toBe(title);
});

it.each(['%s', '%(user)r', '%(user)a', '%(user)201s', '%(user)99999999999999999999s'])(
  'a title with a huge width, or with a placeholder of another kind than text, is left unchanged: %j',
  (title) => {
    expect(formatTitle(title, names)).toBe(title);
  },
);

it('a title is trimmed if a name is empty', () => {
  expect(formatTitle('Redirecting to %(app)s', { app: '', user: '' })).toBe('Redirecting to');
});

it('names are inserted into a title literally', () => {
  expect(formatTitle('%(user)s %(app)s', { user: '%(app)s $& $<name>', app: '100%' })).toBe('%(app)s $& $<name> 100%');
});

it('width and precision of a title count characters, not UTF-16 units', () => {
  expect(formatTitle('%(user).1s|%(user)3s|', { app: '', user: '😀😀' })).toBe('😀| 😀😀|');
});

it('no title throws an error (property)', () => {
  fc.assert(fc.property(fc.string(), (title) => typeof formatTitle(title, names) === 'string'));
});
