import { describe, expect, it } from 'vitest';
import { amrOf, provedMethods } from './authentication-methods.js';

const passwordAnd = (...names: string[]) => ({ auth_method: 'password', auth_method_args: devices(...names) });
const devices = (...names: string[]) => ({ mfa_devices: names.map((model_name) => ({ pk: 1, model_name })) });

describe('the methods (`amr`, RFC 8176) of a login', () => {
  it.each([
    ['a password', { auth_method: 'password', auth_method_args: {} }, ['pwd']],
    ['an app password', { auth_method: 'token', auth_method_args: {} }, []],
    ['a source', {}, []],
    ['a key alone', { auth_method: 'auth_webauthn_pwl', auth_method_args: devices('webauthndevice') }, ['pop']],
    [
      'a password and an app',
      { auth_method: 'password', auth_method_args: devices('totpdevice') },
      ['pwd', 'otp', 'mfa'],
    ],
    [
      'a password and a push message',
      { auth_method: 'password', auth_method_args: devices('duodevice') },
      ['pwd', 'mfa'],
    ],
    ['a password and a mailed code, which is no second factor', passwordAnd('emaildevice'), ['pwd']],
    ['a password, a mailed code and an app', passwordAnd('emaildevice', 'totpdevice'), ['pwd', 'otp', 'mfa']],
    [
      'a password and two devices of one kind',
      { auth_method: 'password', auth_method_args: devices('smsdevice', 'smsdevice') },
      ['pwd', 'sms', 'mfa'],
    ],
    ['two devices without a password', { auth_method: 'auth_mfa', auth_method_args: devices('totpdevice') }, ['otp']],
    [
      'facts of an unknown form',
      { auth_method: 'password', auth_method_args: { mfa_devices: [null, 'x'] } },
      ['pwd', 'mfa'],
    ],
  ])('are those of %s', (_, facts, expected) => {
    expect(amrOf(provedMethods(facts))).toEqual(expected);
  });
});

describe('the claim amr', () => {
  it.each([
    [
      ['otp', 'pwd'],
      ['pwd', 'otp', 'mfa'],
    ],
    [
      ['pop', 'otp'],
      ['pop', 'otp'],
    ],
    [['device'], []],
    [['email', 'pwd'], ['pwd']],
    [
      ['device', 'pwd'],
      ['pwd', 'mfa'],
    ],
    [
      ['pwd', 'mfa'],
      ['pwd', 'mfa'],
    ],
  ])('of %j is %j', (methods, expected) => {
    expect(amrOf(methods)).toEqual(expected);
  });
});
