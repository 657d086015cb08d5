export { courierConfig } from './courier.config.js';
export { startCourier } from './start-courier.js';
export { type Listed, TypeormDesk } from './typeorm-desk.js';
