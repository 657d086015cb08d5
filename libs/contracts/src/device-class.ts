/** Classes of authenticator devices by their names on the wire, in the order in which they are offered. */
export const DEVICE_CLASSES = ['duo', 'email', 'sms', 'static', 'totp', 'webauthn'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];
