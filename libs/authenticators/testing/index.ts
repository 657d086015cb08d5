export * from './devices-database.js';
