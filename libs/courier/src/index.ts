export { courierConfig } from './courier.config.js';
export { OutboxAdmin, type OutboxEntry } from './outbox-admin.js';
export { startCourier } from './start-courier.js';
