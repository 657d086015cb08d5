export { createRecoveryLink } from './flows/recovery-link.js';
export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { type RunningGateway, startGateway } from './start-gateway.js';
