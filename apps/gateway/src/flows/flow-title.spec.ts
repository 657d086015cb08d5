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
])('fills in %j as Python does', (title, formatted) => {
  expect(formatTitle(title, names)).toBe(formatted);
});

it.each([
  ...['50% off', '100%', '%', '%(user)', '%(user)5', '%(user', '%(nope)s', '%(toString)s', '%()s', '%(us(e)r)s'],
  ...['%(user)d', '%(user)c', '%(user)*s', '%(user)s and %', '%(app)s 50% of', '%5%', '% %', '%(user)%'],
])('leaves %j as it is, where Python has an error', (title) => {
  expect(formatTitle(title, names)).toBe(title);
});

it.each(['%s', '%(user)r', '%(user)a', '%(user)201s', '%(user)99999999999999999999s'])(
  'leaves %j as it is, where nobody wants what Python makes of it',
  (title) => {
    expect(formatTitle(title, names)).toBe(title);
  },
);

it('has no blanks around it where a name is not known', () => {
  expect(formatTitle('Redirecting to %(app)s', { app: '', user: '' })).toBe('Redirecting to');
});

it('puts names in as they are, whatever they look like', () => {
  expect(formatTitle('%(user)s %(app)s', { user: '%(app)s $& $<name>', app: '100%' })).toBe('%(app)s $& $<name> 100%');
});

it('counts letters, not the halves of them', () => {
  expect(formatTitle('%(user).1s|%(user)3s|', { app: '', user: '😀😀' })).toBe('😀| 😀😀|');
});

it('takes any title', () => {
  fc.assert(fc.property(fc.string(), (title) => typeof formatTitle(title, names) === 'string'));
});
