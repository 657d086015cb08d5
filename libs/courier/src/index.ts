export { courierConfig } from './courier.config.js';
export { type EventStreamConfig, EventStreamError, eventStreamConfig, saveEventStream } from './event-stream.js';
export { OutboxAdmin, type OutboxEntry } from './outbox-admin.js';
export { startCourier } from './start-courier.js';
