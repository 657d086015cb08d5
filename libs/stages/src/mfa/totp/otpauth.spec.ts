import { expect, it } from 'vitest';
import { otpauthUrl } from './otpauth.js';

const key = Buffer.from('2a2bbba1092ffdd25a328ad1a0a5f5d61d7aacc4', 'hex');

it('otpauthUrl returns the same URL as authentik', () => {
  expect(otpauthUrl({ issuer: 'authentik', username: 'alice', key, digits: 6 })).toBe(
    'otpauth://totp/authentik%3Aalice?secret=FIV3XIIJF765EWRSRLI2BJPV2YOXVLGE&algorithm=SHA1&digits=6&period=30&issuer=authentik', // not-a-secret
  );
});

it('otpauthUrl keeps unreserved characters and slashes, and percent-encodes the bytes of all others', () => {
  const url = otpauthUrl({ issuer: "A: b/c!'()*", username: 'zoë~x', key: Buffer.from('ab'), digits: 8 });
  expect(url).toContain('otpauth://totp/A%3A%20b/c%21%27%28%29%2A%3Azo%C3%AB~x?');
  expect(url).toContain('secret=MFRA%3D%3D%3D%3D&algorithm=SHA1&digits=8');
});
