import type { DeviceClass } from '@gatehouse/contracts';

/** The name of a new device until its owner renames it. */
export const DEFAULT_NAMES: Readonly<Record<DeviceClass, string>> = {
  duo: 'Duo Authenticator',
  email: 'Email Device',
  sms: 'SMS Device',
  static: 'Static Token',
  totp: 'TOTP Authenticator',
  webauthn: 'WebAuthn Device',
};
