export * from './cloud-event.js';
export * from './command-event-recorder.js';
export {
  type CommandEvent,
  type EventRecorder,
  type MailRecorder,
  RequestEventRecorder,
  type RequestedMail,
} from './event-recorder.js';
export * from './message.js';
export * from './outbox-row.js';
