import { expect, it } from 'vitest';
import { applicationSchema, launchUrlIn } from './application.model.js';

it.each([
  ['an application without a launch URL uses that of its provider', {}, undefined],
  [
    'a launch URL is stored as it is',
    { meta_launch_url: 'https://start.example.org/a' },
    'https://start.example.org/a',
  ],
  [
    'a launch URL with placeholders counts as no launch URL',
    { meta_launch_url: 'https://a.example.org/%(username)s' },
    '',
  ],
  ['a text that is no http(s) URL counts as no launch URL', { meta_launch_url: 'blank://blank' }, ''],
  ['a script counts as no launch URL', { meta_launch_url: 'javascript:alert(1)' }, ''],
  ['a hidden application has no launch URL', { meta_launch_url: 'https://start.example.org/a', meta_hide: true }, ''],
  ['a hidden application does not use the launch URL of its provider', { meta_hide: true }, ''],
])('%s', (_, fields, expected) => {
  const values = { slug: 'shop', name: 'The shop', provider: null, ...fields };
  expect(launchUrlIn(applicationSchema.parse(values))).toBe(expected);
});
