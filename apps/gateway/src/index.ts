export { addressConfig } from './address.config.js';
export { type GatewayConfig, gatewayConfig } from './gateway.config.js';
export { createRecoveryLink } from './recovery-links/create-recovery-link.js';
export { type RunningGateway, startGateway } from './start-gateway.js';
