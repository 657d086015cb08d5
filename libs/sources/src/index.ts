export * from './connections.js';
export * from './login-step.js';
export * from './migrations/index.js';
export * from './published-source.js';
export * from './sources.js';
export * from './sources.module.js';
export * from './typeorm-connections.js';
export * from './typeorm-sources.js';
