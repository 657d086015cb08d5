export * from './message.js';
export * from './outbox-row.js';
