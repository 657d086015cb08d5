export { type CourierConfig, courierConfig } from './courier.config.js';
export { type Courier, startCourier } from './start-courier.js';
export { type Listed, TypeormDesk } from './typeorm-desk.js';
