export * from './authenticators.config.js';
export * from './authenticators.module.js';
export * from './device.js';
export * from './device.repository.js';
export * from './device-tries.repository.js';
export * from './digest-key.repository.js';
export * from './migrations/index.js';
export * from './orphaned-device-cleaner.js';
