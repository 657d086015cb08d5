export { courierConfig } from './courier.config.js';
export { EventStreamError, eventStreamConfig, saveEventStream } from './event-stream.js';
export { type FoundEvent, KeptEventRepository, type StoredEvent, UnknownEventError } from './kept-event.repository.js';
export { OutboxAdmin, type OutboxEntry } from './outbox-admin.js';
export { type OutboxMessageState, readOutbox } from './outbox-message.repository.js';
export { startCourier } from './start-courier.js';
export { verificationConfig, verifyReceiver } from './webhooks/verify-receiver.js';
export { WebhookAdmin, type WebhookDeliveryEntry } from './webhooks/webhook-admin.js';
