/** Kinds of devices that prove somebody besides a password, by the names that clients know, in the order in which they are offered. */
export const DEVICE_CLASSES = ['duo', 'sms', 'static', 'totp', 'webauthn'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];
