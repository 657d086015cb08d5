import { flowChangesModule } from '@gatehouse/flow-changes';
import { runService } from '@gatehouse/stage-kit';

await runService('blueprints', async () => [flowChangesModule()]);
