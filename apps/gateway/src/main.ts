import { runProcess } from '@gatehouse/platform';
import { gatewayConfig } from './gateway.config.js';
import { startGateway } from './start-gateway.js';

await runProcess({ name: 'gateway', settings: gatewayConfig, start: startGateway });
