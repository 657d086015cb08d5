export * from './cleaner.js';
export * from './event-context.js';
export * from './flow-database.js';
export * from './journey-recorder.js';
export * from './journey-rows.js';
export * from './plan-store-harness.js';
