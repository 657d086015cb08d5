export { createRecoveryLink } from './adapters/typeorm-mailed-link.js';
export { deleteUserSessions } from './adapters/typeorm-session-ends.js';
export { unlockUser } from './adapters/typeorm-unlock.js';
export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { executorMigrations, type RunningGateway, startGateway } from './start-gateway.js';
