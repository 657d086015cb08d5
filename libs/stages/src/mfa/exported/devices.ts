export * from '../duo/duo-import.js';
export * from '../sms/numbers.js';
export * from './exported-proof.js';
