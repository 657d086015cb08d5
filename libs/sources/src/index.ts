export * from './migrations/index.js';
export * from './published-source.js';
export * from './published-source.repository.js';
export * from './source-connection.repository.js';
export * from './source-login-step.js';
export * from './sources.module.js';
