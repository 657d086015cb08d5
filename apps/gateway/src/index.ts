export { createRecoveryLink, deleteUserSessions, unlockUser } from '@gatehouse/executor-postgres';
export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { executorMigrations, type RunningGateway, startGateway } from './start-gateway.js';
