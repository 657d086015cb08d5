export * from './providers.module.js';
