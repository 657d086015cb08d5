export * from '../duo/duo-import.js';
export * from '../sms/phone-number-index.js';
export * from './exported-device.js';
