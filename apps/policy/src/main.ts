import { policiesModule } from '@gatehouse/policies';
import { runService } from '@gatehouse/stage-kit';

await runService('policy', async () => [await policiesModule()]);
