import { providersModule } from '@gatehouse/providers';
import { runService } from '@gatehouse/stage-kit';
import { stagesOf } from '@gatehouse/stages/modules';

await runService('identification', async () => [...(await stagesOf('identification')), providersModule()]);
