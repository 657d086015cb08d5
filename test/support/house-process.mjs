/** A gateway and the stages of the services that HOUSE_SERVICES names, in one process, as `npm start` has them. */
import { gatewayConfig, startGateway } from '../../dist/apps/gateway/src/index.js';
import { Logger, readConfig } from '../../dist/libs/platform/src/index.js';
import { providersModule } from '../../dist/libs/providers/src/index.js';
import { serveStages } from '../../dist/libs/stage-kit/src/index.js';
import { stagesOf } from '../../dist/libs/stages/src/catalogue.js';

const config = readConfig(gatewayConfig);
const names = process.env.HOUSE_SERVICES.split(' ');
const stages = await Promise.all(names.map(stagesOf));
const modules = [...stages.flat(), ...(names.includes('identification') ? [providersModule()] : [])];
const logger = new Logger('house', config.LOG_LEVEL);
const { service } = await serveStages({ name: 'house', modules, nats: config, logger });
const gateway = await startGateway(config);
async function leave() {
  await gateway.close();
  await service.close();
  process.exit(0);
}
process.once('SIGTERM', () => void leave());
process.stdout.write('the house is open\n');
