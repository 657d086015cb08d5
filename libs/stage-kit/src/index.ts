export * from './answer.js';
export * from './bus.module.js';
export * from './serve.js';
export * from './stage.js';
export * from './stage.module.js';
