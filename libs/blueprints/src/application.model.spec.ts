import { expect, it } from 'vitest';
import { applicationSchema, launchUrlIn } from './application.model.js';

it.each([
  ['no launch URL leaves that of the provider', {}, undefined],
  ['a launch URL', { meta_launch_url: 'https://start.example.org/a' }, 'https://start.example.org/a'],
  ['a launch URL with placeholders is none', { meta_launch_url: 'https://a.example.org/%(username)s' }, ''],
  ['a text that is no http(s) URL is none', { meta_launch_url: 'blank://blank' }, ''],
  ['a script is none', { meta_launch_url: 'javascript:alert(1)' }, ''],
  ['a hidden application has none', { meta_launch_url: 'https://start.example.org/a', meta_hide: true }, ''],
  ['a hidden application does not have that of the provider', { meta_hide: true }, ''],
])('%s', (_, fields, expected) => {
  const values = { slug: 'shop', name: 'The shop', provider: null, ...fields };
  expect(launchUrlIn(applicationSchema.parse(values))).toBe(expected);
});
