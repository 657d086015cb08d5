export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { flowMigrations, type Gateway, startGateway } from './start-gateway.js';
export { unlockUser } from './unlock-user.js';
