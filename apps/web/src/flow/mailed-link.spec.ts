import { expect, it } from 'vitest';
import { withoutLink } from './mailed-link.js';

it.each([
  ['/if/flow/recovery/?flow_token=x', '/if/flow/recovery/'],
  ['/if/flow/recovery/?next=%2Fapp%3Fa%3Db&flow_token=x&locale=de', '/if/flow/recovery/?next=%2Fapp%3Fa%3Db&locale=de'],
  ['/if/flow/recovery/?next=/app?a=b&flow_token=x', '/if/flow/recovery/?next=%2Fapp%3Fa%3Db'],
  ['/if/flow/recovery/?next=/app?a=b', '/if/flow/recovery/?next=/app?a=b'],
  ['?flow_token=x&next=%2F', '?next=%2F'],
])('withoutLink removes only the token of a mailed link from %s', (address, expected) => {
  expect(withoutLink(address)).toBe(expected);
});
