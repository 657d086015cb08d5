export * from './cloud-event.js';
export * from './command-event-recorder.js';
export type { CommandEvent, EventRecorder } from './event-recorder.js';
export * from './message.js';
export * from './outbox-row.js';
