export * from './bounded.js';
export * from './config.js';
export * from './logger.js';
export * from './nats-connection.js';
export * from './nats-json-server.js';
export * from './nats-requester.js';
export * from './sealing.js';
export * from './typeorm-data-source.js';
