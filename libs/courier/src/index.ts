export { courierConfig } from './courier.config.js';
export { startCourier } from './start-courier.js';
export { OutboxAdmin, type OutboxEntry } from './typeorm-desk.js';
