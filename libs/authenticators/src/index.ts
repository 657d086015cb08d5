export * from './authenticators.config.js';
export * from './authenticators.module.js';
export * from './device.js';
export * from './devices.js';
export * from './migrations/index.js';
export * from './typeorm-device-janitor.js';
export * from './typeorm-devices.js';
