export * from '../sms/numbers.js';
export * from './exported-proof.js';
