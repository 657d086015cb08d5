export * from './handle-message.js';
export * from './nats.module.js';
export * from './serve.js';
export * from './stage.js';
export * from './stage.module.js';
