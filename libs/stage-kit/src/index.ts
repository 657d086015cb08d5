export * from './handle-message.js';
export * from './mail-limits.js';
export * from './mailed-code.js';
export * from './nats.module.js';
export * from './serve.js';
export * from './stage.js';
export * from './stage.module.js';
