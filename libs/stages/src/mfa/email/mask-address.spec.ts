import { expect, it } from 'vitest';
import { maskAddress } from './mask-address.js';

it.each([
  ['alice@example.org', 'a****@e******.org'],
  ['al@mail.example.co.uk', '**@m***.e******.**.uk'],
  ['a@b.c', '*@*.c'],
  ['alice@localhost', 'a****@l********'],
  ['"a@b"@example.org', '"****@e******.org'],
  ['ålice@exämple.org', 'å****@e******.org'],
])('maskAddress(%j) returns %j', (address, masked) => {
  expect(maskAddress(address)).toBe(masked);
});
