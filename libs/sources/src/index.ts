export * from './connections.js';
export * from './migrations/index.js';
export * from './published-source.js';
export * from './source-connection.repository.js';
export * from './source-login-step.js';
export * from './source-store.js';
export * from './sources.module.js';
export * from './typeorm-source-store.js';
