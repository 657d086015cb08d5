export { mailedLink } from './adapters/typeorm-mailed-link.js';
export { removeSessions } from './adapters/typeorm-session-ends.js';
export { unlockUser } from './adapters/typeorm-unlock.js';
export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { flowMigrations, type Gateway, startGateway } from './start-gateway.js';
