export * from './migrations/index.js';
export * from './published-source.js';
export * from './sources.js';
export * from './typeorm-sources.js';
