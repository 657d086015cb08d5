export * from '../duo/duo-import.js';
export * from '../email/email-address-index.js';
export * from '../sms/phone-number-index.js';
export { lastTimeStep, totpKey } from '../totp/totp-key.js';
export * from './exported-device.js';
