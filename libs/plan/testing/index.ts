export * from './flow-version.js';
export * from './users.js';
